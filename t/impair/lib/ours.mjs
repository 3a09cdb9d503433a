// A call of ours: the server and four native publishers on the far side.

import { watchPeers } from '../../browser/lib/browsers.mjs';
import { poll, startStack } from '../../browser/lib/stack.mjs';
import { FAR } from './network.mjs';
import { COUNT, Native, PICTURE } from './publishers.mjs';
import { sample } from './watch.mjs';

const VIEWPORT = { width: 1280, height: 800 };


export class Ours {
    constructor(network) {
        this.name = 'ngx-meet';
        this.network = network;
    }

    async start() {
        this.stack = await startStack({
            elsewhere: { address: FAR, command: this.network.far },
        });
        this.natives = new Native(this.network, [...PICTURE,
            '--publish', 'mic,cam', '--count', String(COUNT), '--create',
            this.stack.url]);
        await this.natives.wait('publishing', COUNT);
        this.natives.speaker(0);
        this.speaker = (await this.natives.report())[0].number * 4 + 1;

        const [{ room, password }] = await this.natives.wait('created');

        this.link = `${this.stack.url}${room}#${password}`;
    }

    /* Somebody who only watches. */
    async join(browsers, browser) {
        const guest = await browsers[browser]('viewer',
            { viewport: VIEWPORT, init: [watchPeers] });

        await guest.goto(this.link);
        await guest.waitFor('.join-form input[name=name]');
        await guest.type('.join-form input[name=name]', guest.name);
        await guest.evaluate(sample, sample.step);

        const joined = Date.now();

        await guest.click('.join-form .listener');
        await guest.inCall();

        return new Viewer(guest, joined);
    }

    /* Somebody with a camera, and who on the far side watches everybody. */
    async publish(browsers, browser) {
        const guest = await browsers[browser]('publisher',
            { viewport: VIEWPORT, init: [watchPeers] });

        await guest.goto(this.link);
        await guest.waitFor('.join-form input[name=name]');
        await guest.type('.join-form input[name=name]', guest.name);
        await guest.devices('both');
        await guest.click('.join-form .btn.primary');
        await guest.inCall();

        this.watcher = new Native(this.network, ['--pairs', '8', '--spare',
            '2', '--nack', '--height', '720', this.link]);
        await this.watcher.wait('first-packet');

        return { receiver: this.watcher,
            source: (await guest.people())[guest.name] * 4 + 1 };
    }

    logs() {
        return this.stack?.logs() ?? '';
    }

    async stop() {
        await this.watcher?.stop();
        await this.natives?.stop();

        return await this.stack?.stop() ?? [];
    }
}


/* A page with sample() running in it. */
export class Viewer {
    constructor(guest, joined) {
        this.guest = guest;
        this.since = joined;
        this.samples = [];
    }

    async collect() {
        this.samples.push(...await this.guest.evaluate(
            () => window.samples.splice(0)));

        return this.samples;
    }

    /* what the page has told the browser to wait for, ms */
    keptBack() {
        return this.guest.evaluate(() => Math.max(0, ...window.peers
            .flatMap((peer) => peer.getReceivers())
            .map((receiver) => receiver.jitterBufferTarget ?? 0)));
    }

    until(ms, what, condition) {
        return poll(ms, what, async () => condition(await this.collect()));
    }

    close() {
        return this.guest.close();
    }
}
