// Starts the real thing: meet-media and nginx with our module, everything
// below a temporary directory, on free ports, and takes it all down again.
//
// Environment: MEET_BUILD (default ../../build), or one by one
// MEET_NGINX_MODULE, MEET_MEDIA, MEET_HTML; NGINX (default "nginx").

import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import {
    closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync,
    rmSync, writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const HERE = import.meta.dirname
    ?? resolve(new URL('.', import.meta.url).pathname);
const BUILD = resolve(process.env.MEET_BUILD ?? join(HERE, '../../../build'));

const MODULE = process.env.MEET_NGINX_MODULE
    ?? join(BUILD, 'module/ngx_http_meet_module.so');
const MEDIA = process.env.MEET_MEDIA ?? join(BUILD, 'media/meet-media');
const HTML = process.env.MEET_HTML ?? join(BUILD, 'html');
const NGINX = process.env.NGINX ?? 'nginx';

const START_MS = 15_000;
const STOP_MS = 8_000;
const POLL_MS = 100;


export async function startStack(options = {}) {
    for (const file of [MODULE, MEDIA, join(HTML, 'index.html')]) {
        if (!existsSync(file)) {
            throw new Error(`${file} is missing: build first`);
        }
    }

    const stack = new Stack(options);

    try {
        await stack.start();
    } catch (error) {
        await stack.stop();
        throw error;
    }

    return stack;
}


/*
 * `elsewhere`: { address, command }: everything runs there, in a network of
 * its own where all ports are free, started by that command.
 */
class Stack {
    constructor({ prefix = '/', workers = 1, nginxWorkers = 2, spread = 0,
        elsewhere })
    {
        this.prefix = prefix;
        this.spread = spread;
        this.elsewhere = elsewhere;
        this.workers = workers;
        this.nginxWorkers = nginxWorkers;
        this.dir = mkdtempSync(join(tmpdir(), 'meet-browser-'));
        this.children = [];
    }

    get url() {
        const host = this.elsewhere?.address ?? 'localhost';

        return `https://${host}:${this.port}${this.prefix}`;
    }

    async start() {
        for (const name of ['run', 'store', 'temp']) {
            mkdirSync(join(this.dir, name), { mode: 0o700 });
        }

        if (this.elsewhere !== undefined) {
            this.port = 443;
            this.address = this.elsewhere.address;
            this.udp = [40_000, 40_000 + 2 * this.workers - 1];

        } else {
            this.port = await freeTcpPort();
            this.address = mediaAddress();
            this.udp = await freeUdpPorts(this.address, 2 * this.workers);
        }

        writeFileSync(join(this.dir, 'key'), randomBytes(32), { mode: 0o600 });
        certificate(this.dir);
        writeFileSync(join(this.dir, 'nginx.conf'), this.conf());

        this.media = this.spawn('media', MEDIA, [
            '--run-dir', join(this.dir, 'run'), '--key', join(this.dir, 'key'),
        ]);
        this.nginx = this.spawn('nginx', NGINX, [
            '-p', this.dir, '-c', join(this.dir, 'nginx.conf'),
            '-e', join(this.dir, 'error.log'), '-g', 'daemon off;',
        ]);

        await poll(START_MS, 'the stack to be healthy', async () => {
            for (const child of this.children) {
                if (child.exitCode !== null) {
                    throw new Error(`${child.name} has ended\n${this.logs()}`);
                }
            }

            return (await this.get('healthz')).status === 200;
        }).catch((error) => {
            throw new Error(`${error.message}\n${this.logs()}`);
        });
    }

    conf() {
        const user = process.getuid() === 0 ? 'user root;' : '';
        const [first, last] = this.udp;
        const { dir, prefix } = this;

        return `
load_module ${MODULE};
${user}
worker_processes ${this.nginxWorkers};
pid ${dir}/nginx.pid;
error_log ${dir}/error.log info;

events {
    worker_connections 512;
}

http {
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path ${dir}/temp/body;
    proxy_temp_path ${dir}/temp/proxy;
    fastcgi_temp_path ${dir}/temp/fastcgi;
    uwsgi_temp_path ${dir}/temp/uwsgi;
    scgi_temp_path ${dir}/temp/scgi;

    meet_store ${dir}/store;
    meet_run ${dir}/run;
    meet_key ${dir}/key;
    meet_media_workers ${this.workers};
    meet_media_ports ${first}-${last};
    meet_media_listen ${this.address};
    meet_media_advertise ${this.address};
    meet_media_spread ${this.spread};

    server {
        listen ${this.elsewhere?.address ?? '127.0.0.1'}:${this.port} ssl;
        server_name localhost;
        ssl_certificate ${dir}/cert.pem;
        ssl_certificate_key ${dir}/cert.key;

        location ${prefix} {
            meet_client ${HTML};
        }

        location ${prefix}api/ {
            meet_api;
        }

        location = ${prefix}healthz {
            meet_health;
        }

        location = ${prefix}metrics {
            meet_metrics;
        }
    }
}
`;
    }

    spawn(name, file, args) {
        const log = openSync(join(this.dir, `${name}.log`), 'a');
        const [command, ...rest] = [...this.elsewhere?.command ?? [], file,
            ...args];
        const child = spawn(command, rest, { stdio: ['ignore', log, log] });

        closeSync(log);
        child.name = name;
        child.on('error', (error) => {
            writeFileSync(join(this.dir, `${name}.log`), String(error),
                { flag: 'a' });
        });
        this.children.push(child);

        return child;
    }

    get(path) {
        return get(this.url + path);
    }

    /* One metric of each media worker, in their order. */
    async metric(name) {
        const { text } = await this.get('metrics');

        return [...text.matchAll(
            new RegExp(`^meet_media_${name}\\{[^}]*\\} (\\d+)`, 'gm'))]
            .map((match) => Number(match[1]));
    }

    /* nginx reads its configuration anew; resolves when new workers serve. */
    async reload() {
        const before = workersOf(this.nginx.pid);

        this.nginx.kill('SIGHUP');
        await poll(START_MS, 'new workers', () =>
            workersOf(this.nginx.pid).some((pid) => !before.includes(pid)));
    }

    logs() {
        return ['media.log', 'nginx.log', 'error.log'].map((name) => {
            const file = join(this.dir, name);
            const text = existsSync(file) ? readFileSync(file, 'utf8') : '';

            return `--- ${name}\n${text.slice(-4000)}`;
        }).join('\n');
    }

    /* Stops what start() began; answers complaints worth failing for. */
    async stop() {
        for (const child of [...this.children].reverse()) {
            await end(child);
        }

        const log = join(this.dir, 'error.log');
        const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
        const bad = text.split('\n').filter((line) =>
            /\[(alert|emerg|crit)\]|Sanitizer/.test(line));

        rmSync(this.dir, { recursive: true, force: true });

        return bad;
    }
}


async function end(child) {
    if (child.exitCode !== null || child.signalCode !== null
        || child.pid === undefined)
    {
        return;
    }

    const gone = new Promise((done) => child.once('exit', done));

    child.kill('SIGTERM');

    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);

    await gone;
    clearTimeout(late);
}


function workersOf(pid) {
    try {
        return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
            .trim().split('\n');
    } catch {
        return [];
    }
}


function certificate(dir) {
    execFileSync('openssl', [
        'req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
        '-subj', '/CN=localhost',
        '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
        '-keyout', join(dir, 'cert.key'), '-out', join(dir, 'cert.pem'),
    ], { stdio: 'ignore' });
}


function freeTcpPort() {
    return new Promise((done, fail) => {
        const server = createServer();

        server.once('error', fail);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();

            server.close(() => done(port));
        });
    });
}


/*
 * Where browsers send media: Firefox gathers no loopback candidates, so an
 * address of this machine, if it has one.
 */
function mediaAddress() {
    const other = Object.values(networkInterfaces()).flat()
        .find((a) => a.family === 'IPv4' && !a.internal);

    return other?.address ?? '127.0.0.1';
}


/* A run of free UDP ports: first and last. */
async function freeUdpPorts(address, count) {
    for (;;) {
        const first = 20_000 + Math.floor(Math.random() * 12_000);
        const free = await Promise.all(Array.from({ length: count },
            (_, i) => isFree(address, first + i)));

        if (free.every(Boolean)) {
            return [first, first + count - 1];
        }
    }
}


function isFree(address, port) {
    return new Promise((done) => {
        const socket = createSocket('udp4');

        socket.once('error', () => done(false));
        socket.bind(port, address, () => socket.close(() => done(true)));
    });
}


/* One request to our own certificate; never throws for a refused connection. */
export function get(url, { method = 'GET', headers = {}, body } = {}) {
    return new Promise((done) => {
        const req = request(url, {
            method, headers, rejectUnauthorized: false, agent: false,
        }, (res) => {
            let text = '';

            res.setEncoding('utf8');
            res.on('data', (part) => {
                text += part;
            });
            res.on('end', () => done({
                status: res.statusCode, headers: res.headers, text,
            }));
        });

        req.on('error', () => done({ status: 0, headers: {}, text: '' }));
        req.end(body);
    });
}


/* Waits until `what` holds; the message says what was missing. */
export async function poll(ms, what, condition) {
    const deadline = performance.now() + ms;
    let last;

    for (;;) {
        last = await condition();

        if (last) {
            return last;
        }

        if (performance.now() > deadline) {
            throw new Error(`waited ${ms} ms in vain for ${what}`);
        }

        await new Promise((done) => setTimeout(done, POLL_MS));
    }
}
