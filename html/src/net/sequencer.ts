/*
 * The room's one order of events.  Takes what arrives and says what is to be
 * applied; nothing is applied twice, out of order, or over a gap.
 */

import type { Event, SnapshotPart, Welcome, WireParticipant, WireRoom }
    from './wire';

const EARLY = 1000;     /* events kept while a snapshot is on its way */

export interface Snapshot {
    readonly sequence: number;
    readonly room: WireRoom;
    readonly participants: readonly WireParticipant[];
}

export interface Applied {
    readonly snapshot: Snapshot | null;
    readonly events: readonly Event[];
    /* Something is missing: resume. Until the next welcome all is ignored. */
    readonly gap: boolean;
}

const NOTHING: Applied = { snapshot: null, events: [], gap: false };
const GAP: Applied = { snapshot: null, events: [], gap: true };


export class Sequencer {
    private epoch = 0;
    private last = 0;
    private state: 'new' | 'snapshot' | 'live' | 'gap' = 'new';
    private part: Snapshot | null = null;
    private early: Event[] = [];


    /* What to say in hello; null: nothing is known yet. */
    resume(): { epoch: number; sequence: number } | null {
        return this.state === 'live' || this.state === 'gap'
            ? { epoch: this.epoch, sequence: this.last } : null;
    }


    /* Everything known is void: the next hello asks for a snapshot. */
    forget(): void {
        this.state = 'new';
    }


    welcome(welcome: Welcome): void {
        this.epoch = welcome.epoch;
        this.part = null;
        this.early = [];
        this.state = welcome.resumed && this.state !== 'new'
            ? 'live' : 'snapshot';
    }


    snapshot(part: SnapshotPart): Applied {
        if (this.state === 'new' || this.state === 'gap') {
            return NOTHING;
        }

        const before = part.first > 0 && this.part?.sequence === part.sequence
            ? this.part.participants : [];
        const participants = [...before, ...part.participants];

        this.part = { sequence: part.sequence, room: part.room, participants };
        this.state = 'snapshot';

        if (participants.length < part.total) {
            return NOTHING;
        }

        const snapshot = this.part;
        const early = this.early;

        this.part = null;
        this.early = [];
        this.last = snapshot.sequence;
        this.state = 'live';

        const events: Event[] = [];
        let gap = false;

        for (const event of early) {
            const applied = this.event(event);

            events.push(...applied.events);
            gap ||= applied.gap;
        }

        return { snapshot, events, gap };
    }


    event(event: Event): Applied {
        switch (this.state) {

        case 'live':
            if (event.sequence <= this.last) {
                return NOTHING;
            }

            if (event.sequence > this.last + 1) {
                this.state = 'gap';
                return GAP;
            }

            this.last = event.sequence;
            return { snapshot: null, events: [event], gap: false };

        case 'snapshot':
            if (this.early.length < EARLY) {
                this.early.push(event);
            }

            return NOTHING;

        default:
            return NOTHING;
        }
    }
}
