// Chromium and Firefox behind one small interface: a Guest is one person with
// one page.  Both have made-up devices: a moving picture and a beeping sound.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';

import { poll } from './stack.mjs';

const CHROMIUM = process.env.MEET_CHROMIUM ?? '/usr/bin/chromium';
const FIREFOX = process.env.MEET_FIREFOX ?? '/usr/bin/firefox-esr';
const KEEP = process.env.MEET_KEEP ?? join(tmpdir(), 'meet-browser-failures');

const CHROMIUM_FLAGS = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--disable-dev-shm-usage',
    '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
    '--allow-loopback-in-peer-connection', '--ignore-certificate-errors',
    '--autoplay-policy=no-user-gesture-required',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
];

const FIREFOX_PREFS = {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'media.peerconnection.ice.loopback': true,
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'media.autoplay.default': 0,
    'media.getusermedia.audio.processing.platform.enabled': false,
    'media.gmp-manager.updateEnabled': false,
    'app.update.enabled': false,
    'browser.aboutConfig.showWarning': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'browser.safebrowsing.malware.enabled': false,
    'browser.safebrowsing.phishing.enabled': false,
    'services.settings.server': 'data:,',
    'extensions.getAddons.cache.enabled': false,
};

const WAIT_MS = 40_000;


/*
 * All browsers of one test file.  Browsers start when first wanted; every
 * guest of Chromium has a profile (context) of its own.
 */
export class Browsers {
    constructor() {
        this.guests = [];
    }

    async chromium(name, options = {}) {
        this.chrome ??= await chromium.launch({
            executablePath: CHROMIUM, headless: true, args: CHROMIUM_FLAGS,
        });

        const context = await this.chrome.newContext({
            ignoreHTTPSErrors: true,
            viewport: options.viewport ?? { width: 1024, height: 640 },
            locale: options.locale ?? 'en-US',
            colorScheme: options.colorScheme ?? 'light',
            reducedMotion: 'reduce',
        });
        const page = await context.newPage();

        for (const script of options.init ?? []) {
            await page.addInitScript(script);
        }

        return this.keep(new Guest(name, page, () => context.close()));
    }

    async firefox(name, options = {}) {
        /* a profile of its own, removed with the browser */
        this.profile ??= mkdtempSync(join(tmpdir(), 'meet-firefox-'));
        this.fox ??= await puppeteer.launch({
            browser: 'firefox', executablePath: FIREFOX, headless: true,
            acceptInsecureCerts: true, userDataDir: this.profile,
            extraPrefsFirefox: FIREFOX_PREFS,
        });

        const page = await this.fox.newPage();

        await page.setViewport(
            options.viewport ?? { width: 1024, height: 640 });

        for (const script of options.init ?? []) {
            await page.evaluateOnNewDocument(script);
        }

        return this.keep(new Guest(name, page, () => page.close()));
    }

    keep(guest) {
        this.guests.push(guest);

        return guest;
    }

    /* What helps to understand a failure: pictures and consoles. */
    async evidence(test) {
        const dir = join(KEEP, test.replace(/[^a-z0-9]+/gi, '-'));

        mkdirSync(dir, { recursive: true });

        for (const guest of this.guests) {
            const file = join(dir, guest.name);

            writeFileSync(`${file}.log`, guest.console.join('\n'));
            await guest.page.screenshot({ path: `${file}.png` })
                .catch(() => undefined);
        }

        return dir;
    }

    async close() {
        for (const guest of this.guests) {
            await guest.close().catch(() => undefined);
        }

        await this.chrome?.close();
        await this.fox?.close();

        if (this.profile !== undefined) {
            rmSync(this.profile, { recursive: true, force: true,
                maxRetries: 5, retryDelay: 200 });
        }
    }
}


/* For `init`: keeps every connection within reach as window.peers. */
export function watchPeers() {
    const Real = window.RTCPeerConnection;

    window.peers = [];
    window.RTCPeerConnection = class extends Real {
        constructor(...args) {
            super(...args);
            window.peers.push(this);
        }
    };
}


export class Guest {
    constructor(name, page, close) {
        this.name = name;
        this.page = page;
        this.closePage = close;
        this.console = [];
        this.requests = [];

        page.on('console', (message) => {
            this.console.push(`${message.type()}: ${message.text()}`);
        });
        page.on('pageerror', (error) => {
            this.console.push(`pageerror: ${error.message}`);
        });
        page.on('request', (request) => this.requests.push(request.url()));
    }

    close() {
        return this.closePage();
    }

    /* Runs a function in the page; it sees window.meet, the model. */
    evaluate(run, argument) {
        return this.page.evaluate(run, argument);
    }

    async goto(url) {
        /* the same document with another fragment would not load anew */
        await this.page.goto('about:blank');
        await this.page.goto(url, { waitUntil: 'domcontentloaded' });
        await this.until('the page to start', () => window.meet !== undefined);
    }

    click(selector) {
        return this.page.click(selector);
    }

    async type(selector, text) {
        await this.waitFor(selector);
        await this.page.click(selector);
        await this.page.evaluate((s) => {
            document.querySelector(s).select();
        }, selector);
        await this.page.type(selector, text);
    }

    waitFor(selector, ms = WAIT_MS) {
        return poll(ms, `${selector} at ${this.name}`, () =>
            this.evaluate((s) => document.querySelector(s) !== null, selector));
    }

    until(what, condition, argument, ms = WAIT_MS) {
        return poll(ms, `${what} (${this.name})`, () =>
            this.evaluate(condition, argument));
    }

    text(selector) {
        return this.evaluate((s) =>
            document.querySelector(s)?.innerText ?? '', selector);
    }

    phase() {
        return this.evaluate(() => window.meet.phase.value.name);
    }

    /* -- what people do ------------------------------------------------------ */

    /* On the landing page: answers the share card. */
    async create(url, name = '') {
        await this.goto(url);

        if (name !== '') {
            await this.type('input[name=room]', name);
        }

        await this.click('.create .btn.primary');
        await this.waitFor('.share');

        return this.evaluate(() => {
            const share = window.meet.share.value;

            return { ...share };
        });
    }

    /* Follows a link into the call. `devices`: 'both', 'mic', 'none'. */
    async join(link, options = {}) {
        await this.goto(link);
        await this.enter(options);
    }

    /* From the join page into the call. */
    async enter({ devices = 'both', saveData = true } = {}) {
        await this.waitFor('.join-form input[name=name]');

        /* small pictures: several browsers share few cores here */
        await this.evaluate((on) =>
            window.meet.setPreferences({ saveData: on }), saveData);
        await this.type('.join-form input[name=name]', this.name);

        if (devices === 'none') {
            await this.click('.join-form .listener');
        } else {
            await this.devices(devices);
            await this.click('.join-form .btn.primary');
        }

        await this.inCall();
    }

    /*
     * A browser that was told to allow everything turns devices on by itself;
     * another one waits for a click.
     */
    async devices(which) {
        await this.until('the devices', () => {
            const { mic, cam } = window.meet.media;

            document.querySelector('.preview-empty .btn.primary')?.click();

            return mic.value.state === 'on' && cam.value.state === 'on';
        });

        if (which === 'mic') {
            await this.evaluate(() => window.meet.media.setCam(false));
        }
    }

    async inCall() {
        await this.until('the call', () => {
            const phase = window.meet.phase.value;

            return phase.name === 'call' && phase.call.link.value === 'online';
        });
        await this.waitFor('.stage-space');
    }

    /* In the call: chooses from the menu behind the three dots. */
    async menu(word) {
        await this.choose('.controls [aria-haspopup=menu]', word);
    }

    /* What may be done about somebody, from the list of people. */
    async about(name, word) {
        if (await this.evaluate(() =>
            document.querySelector('.people') === null))
        {
            await this.click('.controls [data-panel=people]');
        }

        const number = (await this.people())[name];
        const place = `.person[data-number="${number}"] .menu-place button`;

        await this.waitFor(place);
        await this.choose(place, word);
    }

    async choose(button, word) {
        await this.evaluate((s) => document.querySelector(s).click(), button);
        await this.until(`the entry "${word}"`, (wanted) =>
            [...document.querySelectorAll('[role=menuitem]')]
                .some((item) => item.innerText.includes(wanted)), word);
        await this.evaluate((wanted) => {
            [...document.querySelectorAll('[role=menuitem]')]
                .find((item) => item.innerText.includes(wanted)).click();
        }, word);
    }

    /* In the dialog about the room: sets a switch. */
    async roomSwitch(label, on) {
        await this.menu('About this room');
        await this.waitFor('dialog[open]');
        await this.evaluate(([wanted, state]) => {
            const box = document.querySelector(
                `dialog input[aria-label="${wanted}"]`);

            if (box.checked !== state) {
                box.click();
            }
        }, [label, on]);
        await this.page.keyboard.press('Escape');
        await this.until('the dialog to close', () =>
            document.querySelector('dialog') === null);
    }

    ended(reason) {
        return this.until(`the end: ${reason}`, (wanted) => {
            const phase = window.meet.phase.value;

            return phase.name === 'ended' && phase.reason === wanted;
        }, reason);
    }

    /* The session token that this tab keeps for a reload. */
    token() {
        return this.evaluate(() => {
            const key = Object.keys(sessionStorage)
                .find((name) => name.startsWith('meet.call.'));

            return JSON.parse(sessionStorage.getItem(key)).token;
        });
    }

    /*
     * What a modified client can do: a socket of its own with somebody's
     * token, `hello`, then these messages.  Answers everything that came,
     * and the code that closed it, if the server did within `ms`.
     */
    raw(token, messages, ms = 3000) {
        return this.evaluate(([bearer, list, wait]) => new Promise((done) => {
            const url = new URL('api/v1/ws', document.baseURI);

            url.protocol = 'wss:';

            const ws = new WebSocket(url, 'meet.v1');
            const got = [];
            const answered = new Set();
            const end = (code) => {
                clearTimeout(late);
                ws.onclose = null;
                ws.close();
                done({ got, code });
            };
            const late = setTimeout(() => end(0), wait);

            ws.onopen = () => ws.send(JSON.stringify(
                { type: 'hello', token: bearer }));
            ws.onclose = (event) => end(event.code);
            ws.onmessage = (event) => {
                const message = JSON.parse(event.data);

                got.push(message);

                if (message.type === 'welcome' || message.type === 'waiting') {
                    list.forEach((m, i) => ws.send(JSON.stringify(
                        { ...m, id: i + 1 })));
                }

                if (message.re > 0 && message.type !== 'welcome') {
                    answered.add(message.re);

                    if (answered.size === list.length) {
                        end(0);
                    }
                }
            };
        }), [token, messages, ms]);
    }

    /* -- what is measured ------------------------------------------------------ */

    statistics() {
        return this.evaluate(() => window.meet.phase.value.call.statistics());
    }

    counters() {
        return this.evaluate(() => ({
            ...window.meet.phase.value.call.counters,
        }));
    }

    /* Ports of the server that media goes to; needs watchPeers. */
    async mediaPorts() {
        const ports = await this.evaluate(() => window.peers
            .map((peer) => peer.remoteDescription?.sdp ?? '')
            .flatMap((sdp) => [...sdp.matchAll(
                /a=candidate:\S+ 1 udp \d+ \S+ (\d+) /g)])
            .map((match) => Number(match[1])));

        return [...new Set(ports)];
    }

    /* name -> number within the room */
    people() {
        return this.evaluate(() => Object.fromEntries(
            window.meet.phase.value.call.people.value
                .map((person) => [person.name, person.number])));
    }

    /* Frames decoded by now of somebody's camera (kind 1) or screen (3). */
    async frames(name, kind = 1) {
        const source = await this.sourceOf(name, kind);
        const { inbound } = await this.statistics();

        return inbound
            .filter((s) => s.kind === 'video' && s.source === source)
            .reduce((sum, s) => sum + s.framesDecoded, 0);
    }

    /* Sound energy received by now of somebody's microphone. */
    async energy(name) {
        const source = await this.sourceOf(name, 0);
        const { inbound } = await this.statistics();

        return inbound
            .filter((s) => s.kind === 'audio' && s.source === source)
            .reduce((sum, s) => sum + s.audioEnergy, 0);
    }

    async sourceOf(name, kind) {
        const number = (await this.people())[name];

        return number === undefined ? -1 : number * 4 + kind;
    }

    /* Waits until more frames of somebody arrive than there were. */
    async sees(name, more = 5, ms = WAIT_MS) {
        const before = await this.frames(name);

        await poll(ms, `${more} frames of ${name} at ${this.name}`,
            async () => (await this.frames(name)) >= before + more);
    }

    async hears(name, ms = WAIT_MS) {
        const before = await this.energy(name);

        await poll(ms, `sound of ${name} at ${this.name}`,
            async () => (await this.energy(name)) > before);
    }

    /* Texts of the chat in the order shown. */
    chat() {
        return this.evaluate(() =>
            window.meet.phase.value.call.chat.messages.value
                .filter((message) => message.state === 'sent')
                .map((message) => message.text));
    }

    async say(text) {
        if (await this.evaluate(() =>
            document.querySelector('.compose textarea') === null))
        {
            await this.click('.controls [data-panel=chat]');
            await this.waitFor('.compose textarea');
        }

        await this.type('.compose textarea', text);
        await this.click('.compose .send');
    }
}
