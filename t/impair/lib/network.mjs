// A network of the test's own: this process and the browser on one side, the
// servers and everybody else on the other, 40 ms apart (path.c).  It ends with
// the process that made it.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const HERE = import.meta.dirname
    ?? resolve(new URL('.', import.meta.url).pathname);
const BUILD = resolve(process.env.MEET_BUILD ?? join(HERE, '../../../build'));
const PATH = join(BUILD, 'impair/meet-path');
const MARK = 'MEET_IMPAIR_NETWORK';

export const NEAR = '10.78.0.1';
export const FAR = '10.78.0.2';
export const DELAY_MS = 40;             /* each way */

/* What a home router lets wait before it drops. */
export const QUEUE_MS = 250;

const BURST = 2000;                     /* bytes: little more than a packet */


function quietly(command, ...args) {
    return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}


/*
 * True: this process is in a network of its own.  False: there can be none
 * here.  Otherwise it has run again inside of one, and ends with its result.
 */
export function enter() {
    if (process.env[MARK] !== undefined) {
        return true;
    }

    if (process.getuid() !== 0
        || !quietly('unshare', '--net', 'nft', 'list', 'ruleset')
        || !quietly('unshare', '--net', 'sh', '-c',
            'ip tuntap add dev t mode tun'
            + ' && tc qdisc add dev t root tbf rate 1mbit burst 4k latency 9ms'))
    {
        return false;
    }

    const { status } = spawnSync('unshare', ['--net', process.execPath,
        ...process.execArgv, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } });

    process.exit(status ?? 1);
}


export class Network {
    constructor() {
        this.probes = [];               /* {at, way, queuedMs, bytes, lateMs} */
    }

    async start() {
        this.path = spawn(PATH, [String(DELAY_MS)],
            { stdio: ['pipe', 'pipe', 'inherit'] });

        const lines = createInterface(this.path.stdout);

        await new Promise((done, fail) => {
            this.path.once('error', fail);
            this.path.once('exit', (code) =>
                fail(new Error(`meet-path has ended: ${code}`)));
            lines.on('line', (line) => {
                if (line === 'ready') {
                    done();
                } else {
                    this.probe(line);
                }
            });
        });

        /* browsers look for the way to the world to find their address */
        execFileSync('ip', ['route', 'add', 'default', 'dev', 'near']);
    }

    probe(line) {
        const [way, queued, bytes, late] = line.split(' ');

        this.probes.push({ at: Date.now(), way, queuedMs: queued / 1000,
            bytes: Number(bytes), lateMs: late / 1000 });
    }

    /* In front of a command that is to run on the far side. */
    get far() {
        return ['nsenter', `--net=/proc/${this.path.pid}/ns/net`, '--'];
    }

    run(side, command) {
        const [file, ...args] = [...(side === 'far' ? this.far : []),
            ...command];

        execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    }

    /* So many of 100 packets to the browser are lost, of any kind. */
    lose(percent) {
        this.run('near', ['nft', 'add table inet loss; flush table inet loss']);

        if (percent > 0) {
            this.run('near', ['nft', 'add chain inet loss in'
                + ' { type filter hook input priority 0; };'
                + ' add rule inet loss in iifname near numgen random mod 100'
                + ` < ${percent} drop`]);
        }
    }

    /* kbit/s on the way 'down' (to the browser) or 'up'; 0: no limit */
    limit(way, rate) {
        const side = way === 'down' ? 'far' : 'near';

        if (rate > 0) {
            this.run(side, ['tc', 'qdisc', 'replace', 'dev', side, 'root',
                'tbf', 'rate', `${rate}kbit`, 'burst', String(BURST),
                'latency', `${QUEUE_MS}ms`]);
            this.limited = { ...this.limited, [way]: true };

        } else if (this.limited?.[way]) {
            this.run(side, ['tc', 'qdisc', 'del', 'dev', side, 'root']);
            this.limited[way] = false;
        }
    }

    /* No loss, no limit. */
    mend() {
        this.lose(0);
        this.limit('down', 0);
        this.limit('up', 0);
    }

    /* What the probes saw between two times (Date.now()). */
    seen(way, from, to) {
        const some = this.probes.filter((p) =>
            p.way === way && p.at >= from && p.at <= to);
        const queued = some.map((p) => p.queuedMs).sort((a, b) => a - b);
        const seconds = some.length < 2 ? 0
            : (some.at(-1).at - some[0].at) / 1000;

        return {
            queueP95Ms: queued[Math.floor(queued.length * 0.95)] ?? 0,
            queueMaxMs: queued.at(-1) ?? 0,
            kbps: seconds === 0 ? 0
                : (some.at(-1).bytes - some[0].bytes) * 8 / seconds / 1000,
            lateMs: Math.max(0, ...some.map((p) => p.lateMs)),
        };
    }

    async stop() {
        if (this.path.exitCode === null) {
            const gone = new Promise((done) => this.path.once('exit', done));

            this.path.stdin.end();
            await gone;
        }
    }
}
