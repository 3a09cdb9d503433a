// The same call on Janus (Debian's package), for comparison: its videoroom on
// the far side, the same native publishers, and a small page that watches.
// Its API is spoken here, over HTTP; participants only hear offers and answers.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync,
    writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { watchPeers } from '../../browser/lib/browsers.mjs';
import { poll } from '../../browser/lib/stack.mjs';
import { FAR } from './network.mjs';
import { Viewer } from './ours.mjs';
import { COUNT, Native, PICTURE } from './publishers.mjs';
import { sample } from './watch.mjs';

const HERE = import.meta.dirname
    ?? resolve(new URL('.', import.meta.url).pathname);
const PORT = 8088;
const ROOM = 1234;
const PLUGIN = 'janus.plugin.videoroom';
const VIEWPORT = { width: 1280, height: 800 };
const START_MS = 15_000;


export function installed() {
    return spawnSync('janus', ['--version'], { stdio: 'ignore' }).error
        === undefined;
}


export class Janus {
    constructor(network) {
        this.network = network;
        this.dir = mkdtempSync(join(tmpdir(), 'meet-janus-'));
        this.feeds = [];
    }

    async start() {
        this.configure();

        const log = openSync(join(this.dir, 'log'), 'a');
        const [command, ...args] = [...this.network.far, 'janus',
            '--configs-folder', this.dir, '--debug-level', '3'];

        this.child = spawn(command, args, { stdio: ['ignore', log, log] });
        closeSync(log);
        await poll(START_MS, 'Janus', () => fetch(`http://${FAR}:${PORT}/janus`
            + '/info').then((answer) => answer.ok, () => false));

        const session = await Session.open();

        await session.ask({ request: 'create', room: ROOM, publishers: COUNT,
            videocodec: 'vp8', audiocodec: 'opus', bitrate: 0 });
        await this.publish();
        await this.serve();
    }

    configure() {
        const { dir } = this;
        const files = {
            'janus.jcfg': `
general: { configs_folder = "${dir}" server_name = "test"
    admin_secret = "x" no_webrtc_encryption = false }
certificates: { cert_pem = "${dir}/cert.pem" cert_key = "${dir}/cert.key" }
media: { ipv6 = false rtp_port_range = "40000-40999" }
nat: { nice_debug = false ice_lite = true ice_enforce_list = "far" }
plugins: { disable = "${['audiobridge', 'duktape', 'echotest', 'lua', 'nosip',
        'recordplay', 'sip', 'streaming', 'textroom', 'videocall', 'voicemail']
        .map((name) => `libjanus_${name}.so`).join(',')}" }
transports: { disable = "${['mqtt', 'nanomsg', 'pfunix', 'rabbitmq',
        'websockets'].map((name) => `libjanus_${name}.so`).join(',')}" }
events: { broadcast = false }
`,
            'janus.transport.http.jcfg': `
general: { json = "compact" base_path = "/janus" http = true port = ${PORT}
    ip = "${FAR}" https = false }
admin: { admin_http = false admin_https = false }
`,
            [`${PLUGIN}.jcfg`]: '',
        };

        mkdirSync(dir, { recursive: true });

        for (const [name, text] of Object.entries(files)) {
            writeFileSync(join(dir, name), text);
        }

        execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048',
            '-nodes', '-days', '2', '-subj', '/CN=test', '-keyout',
            join(dir, 'cert.key'), '-out', join(dir, 'cert.pem')],
        { stdio: 'ignore' });
    }

    async publish() {
        this.natives = new Native(this.network, ['--raw', ...PICTURE,
            '--publish', 'mic,cam', '--count', String(COUNT)]);

        for (const { who, message } of await this.natives.wait('say', COUNT)) {
            const session = await Session.open();
            const { jsep, data } = await session.ask({
                request: 'joinandconfigure', room: ROOM, ptype: 'publisher',
                display: String(who),
            }, { type: 'offer', sdp: adapted(message.sdp) });

            this.feeds[who] = data.id;
            this.natives.tell({ cmd: 'answer', who, message: {
                connection: 'publish', revision: message.revision,
                sdp: jsep.sdp } });
        }

        await this.natives.wait('publishing', COUNT);
        this.natives.speaker(0);
        this.speaker = 5;
    }

    /* The page that watches; nothing but the page is served. */
    async serve() {
        const page = readFileSync(join(HERE, 'janus.html'));

        this.pages = createServer((request, answer) => {
            answer.setHeader('Content-Type', 'text/html');
            answer.end(page);
        });
        await new Promise((done) =>
            this.pages.listen(0, '127.0.0.1', done));
    }

    async join(browsers, browser) {
        const guest = await browsers[browser]('viewer',
            { viewport: VIEWPORT, init: [watchPeers] });

        await guest.page.goto(`http://127.0.0.1:${this.pages.address().port}/`);
        await guest.evaluate(sample, sample.step);

        const joined = Date.now();
        const session = await Session.open();
        const { jsep, data } = await session.ask({
            request: 'join', room: ROOM, ptype: 'subscriber',
            streams: this.feeds.map((feed) => ({ feed })),
        });
        const sources = Object.fromEntries(data.streams.map((stream) =>
            [stream.mid, (this.feeds.indexOf(stream.feed_id) + 1) * 4 + 1]));
        const sdp = await guest.evaluate(([offer, places]) =>
            window.watch(offer, places), [jsep.sdp, sources]);

        await session.ask({ request: 'start', room: ROOM },
            { type: 'answer', sdp });

        return new Viewer(guest, joined);
    }

    logs() {
        return readFileSync(join(this.dir, 'log'), 'utf8').slice(-4000);
    }

    async stop() {
        await this.natives?.stop();
        this.pages?.close();
        this.pages?.closeAllConnections();
        Session.closeAll();

        if (this.child !== undefined && this.child.exitCode === null) {
            const gone = new Promise((done) => this.child.once('exit', done));
            const late = setTimeout(() => this.child.kill('SIGKILL'), 8000);

            this.child.kill('SIGTERM');
            await gone;
            clearTimeout(late);
        }

        rmSync(this.dir, { recursive: true, force: true });

        return [];
    }
}


/*
 * Our participants name no candidates, for a server learns them from checks;
 * Janus does not listen before it has heard of one.  It also takes the layer
 * that is named first for the largest.
 */
function adapted(sdp) {
    const rids = [...sdp.matchAll(/a=rid:.*\r\n/g)].map(([line]) => line);
    const names = rids.map((line) => line.split(/[: ]/)[1]);

    return sdp
        .replaceAll(/(a=mid:.*\r\n)/g,
            `$1a=candidate:1 1 udp 2130706431 ${FAR} 1009 typ host\r\n`)
        .replace(rids.join(''), [...rids].reverse().join(''))
        .replace(`send ${names.join(';')}`,
            `send ${[...names].reverse().join(';')}`);
}


/* A session with one handle of the videoroom, kept alive by its long poll. */
class Session {
    static all = new Set();

    static async open() {
        const session = new Session();

        session.url = `http://${FAR}:${PORT}/janus`;
        session.url += `/${(await session.post({ janus: 'create' })).data.id}`;
        session.waiting = new Map();
        session.open = new AbortController();
        Session.all.add(session);
        session.listen();
        session.handle = `${session.url}/${(await session.post(
            { janus: 'attach', plugin: PLUGIN })).data.id}`;

        return session;
    }

    static closeAll() {
        Session.all.forEach((session) => session.open.abort());
        Session.all.clear();
    }

    async post(body, url = this.url) {
        const transaction = body.transaction ?? `${Math.random()}`;
        const answer = await fetch(url, { method: 'POST',
            signal: this.open?.signal,
            body: JSON.stringify({ ...body, transaction }) });

        return answer.json();
    }

    /* What cannot be answered at once comes as an event, maybe before that. */
    async ask(body, jsep) {
        const transaction = `${Math.random()}`;
        const later = new Promise((done) =>
            this.waiting.set(transaction, done));
        const first = await this.post({ janus: 'message', transaction, body,
            ...jsep && { jsep } }, this.handle);
        const event = first.janus === 'ack' ? await later : first;
        const data = event.plugindata?.data;

        if (data === undefined || data.error !== undefined) {
            throw new Error(`Janus: ${JSON.stringify(event)}`);
        }

        return { data, jsep: event.jsep };
    }

    async listen() {
        try {
            for (;;) {
                const answer = await fetch(`${this.url}?maxev=10`,
                    { signal: this.open.signal });

                for (const event of [await answer.json()].flat()) {
                    this.waiting.get(event.transaction)?.(event);
                    this.waiting.delete(event.transaction);
                }
            }
        } catch {
            Session.all.delete(this);
        }
    }
}
