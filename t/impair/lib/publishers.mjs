// Native participants on the far side: four who send prepared simulcast, of
// whom the first one speaks, or one who receives.

import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const HERE = import.meta.dirname
    ?? resolve(new URL('.', import.meta.url).pathname);
const BUILD = resolve(process.env.MEET_BUILD ?? join(HERE, '../../../build'));
const CLIENT = process.env.MEET_CLIENT ?? join(BUILD, 'client/meet-client');
const PATIENCE_MS = 60_000;

export const COUNT = 4;
export const HEIGHTS = [90, 180, 360];
export const VIDEO = '640x360@800';     /* the largest, kbit/s */

/* Their pictures need what they are given, and no keyframe unasked. */
export const PICTURE = ['--video', VIDEO, '--simulcast', '--grain',
    '--repeat', '30', '--temporal'];


export class Native {
    constructor(network, args) {
        const [file, ...rest] = [...network.far, CLIENT, ...args];

        this.events = [];
        this.waiting = [];
        this.child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
        createInterface(this.child.stdout).on('line', (line) => {
            this.events.push(JSON.parse(line));
            this.waiting.forEach((look) => look());
        });
    }

    tell(command) {
        this.child.stdin.write(`${JSON.stringify(command)}\n`);
    }

    /* The first `count` events of that name after the first `from`. */
    wait(name, count = 1, from = 0) {
        return new Promise((done, fail) => {
            const late = setTimeout(() => fail(new Error(
                `waited in vain for ${count} ${name} of native participants`)),
            PATIENCE_MS);
            const look = () => {
                const found = this.events.slice(from)
                    .filter((event) => event.event === name);

                if (found.length >= count) {
                    clearTimeout(late);
                    this.waiting = this.waiting.filter((one) => one !== look);
                    done(found);
                }
            };

            this.waiting.push(look);
            look();
        });
    }

    async report() {
        const from = this.events.length;

        this.tell({ cmd: 'report' });

        return (await this.wait('report', 1, from))[0].participants;
    }

    /* The one who speaks; the others are quiet. */
    speaker(index) {
        for (let who = 0; who < COUNT; who++) {
            this.tell({ cmd: 'quiet', who, on: who !== index });
        }
    }

    async stop() {
        if (this.child.exitCode === null) {
            const gone = new Promise((done) => this.child.once('exit', done));

            this.child.stdin.end();
            await gone;
        }
    }
}
