/*
 * Tells the server which of our kinds are muted, and hears when somebody else
 * has muted them.  One message is under way at a time, so that an echo is
 * never older than what we said last.
 */

import type { Json, WireParticipant } from '../net/wire';
import { KINDS, type Kind } from '../net/wire';


export class MutedReport {
    private live: ReadonlySet<Kind> = new Set();
    private said: string | null = null;         /* and acknowledged */
    private busy = false;


    constructor(
        private readonly ask: (message: Json) => Promise<Json>,
        private readonly silence: (kind: Kind) => void,
    ) {}


    /* What we send now. */
    set(live: ReadonlySet<Kind>): void {
        this.live = live;
        void this.run();
    }


    /*
     * A new welcome.  One that goes on where we were says with what follows if
     * somebody has muted us meanwhile; any other server may have forgotten.
     */
    welcomed(resumed: boolean): void {
        if (!resumed) {
            this.said = null;
        }

        void this.run();
    }


    /* What the server says of us: somebody with the right to may have muted. */
    echo(own: WireParticipant): void {
        if (this.busy || this.said === null) {
            return;
        }

        for (const kind of own.muted) {
            if (this.live.has(kind)) {
                this.silence(kind);
            }
        }
    }


    private async run(): Promise<void> {
        if (this.busy) {
            return;
        }

        this.busy = true;

        try {
            for (;;) {
                const muted = KINDS.filter((kind) => !this.live.has(kind));
                const text = muted.join();

                if (text === this.said) {
                    break;
                }

                await this.ask({ type: 'state', muted });
                this.said = text;
            }

        } catch {
            /* the next welcome or change says it again */
            this.said = null;

        } finally {
            this.busy = false;
        }
    }
}
