/*
 * One call from the first welcome to the end: joins the signaling session, the
 * two media connections, the chat and the own devices, and keeps the signals
 * that the pages draw.
 */

import { batch, signal } from '@preact/signals';

import { wipe } from '../crypto/bytes';
import { KeyError, unwrapRoomKey } from '../crypto/keys';
import { Sealer } from '../crypto/seal';
import { Alarm } from '../net/clock';
import { NetError } from '../net/errors';
import type { RoomChange } from '../net/rest';
import { Session, type SessionEnd, type SessionState } from '../net/session';
import {
    type Event, type Json, KINDS, type Kind, type Latest, type Welcome,
    type WireParticipant, type WireRoom,
} from '../net/wire';
import type { ConnectionOptions } from '../rtc/connection';
import { scale } from '../rtc/level';
import type { Encoding } from '../rtc/publish';
import { Publisher } from '../rtc/publish';
import * as stats from '../rtc/stats';
import { type SlotView, STEPS, Subscriber } from '../rtc/subscribe';
import type { CallOptions } from './calloptions';
import { ChatModel } from './chat';
import type { Sink } from './media';
import { Moderation, toldText } from './moderation';
import { MutedReport } from './report';
import { kindsOf } from './rights';
import * as roster from './roster';
import { Economy, isScreen, type Saving } from './saving';
import type {
    Call, Counters, ErrorCode, Link, MediaLink, Person, Right, RoomState,
    Shown, Sound, Statistics, Tile, Waiting,
} from './types';
import { ViewReport } from './view';
import { Watch } from './watch';

const FADE = 1_200;         /* ms after which nobody is said to speak */


export class CallModel extends Moderation implements Call, Sink {
    readonly link = signal<Link>('connecting');
    readonly publish = signal<MediaLink>('idle');
    readonly subscribe = signal<MediaLink>('idle');
    readonly error = signal<ErrorCode | null>(null);
    readonly me = signal<Person>(roster.NOBODY);
    readonly rights = signal<ReadonlySet<Right>>(new Set());
    readonly people = signal<readonly Person[]>([]);
    readonly room = signal<RoomState>(
        roster.roomState('', roster.NO_ROOM));
    readonly tiles = signal<readonly Tile[]>([]);
    readonly sounds = signal<readonly Sound[]>([]);
    readonly active = signal(0);
    readonly levels = signal<ReadonlyMap<number, number>>(new Map());
    readonly waiting = signal<readonly Waiting[]>([]);
    readonly chat: ChatModel;
    readonly watch: Watch;

    /* of the last welcome, for a new password */
    keyId = '';
    wrappedKey = '';

    private readonly offered = {
        publishOffers: 0, subscribeOffers: 0,
        publishConnections: 0, subscribeConnections: 0,
    };

    private readonly session: Session;
    private readonly publisher: Publisher;
    private readonly subscriber: Subscriber;
    private readonly view: ViewReport;
    private readonly report: MutedReport;
    private readonly economy = new Economy();
    private readonly fade: Alarm;

    private roster: ReadonlyMap<string, WireParticipant> = new Map();
    private slots: readonly SlotView[] = [];
    private sealer: Sealer | null = null;
    private self = '';
    private number = 0;
    private live: ReadonlySet<Kind> = new Set();
    private slotLimit = 0;
    private shown: readonly Shown[] = [];
    private saving: Saving;
    private entered = false;
    private done = false;


    constructor(private readonly options: CallOptions) {
        super();

        const { clock, random } = options;

        this.saving = options.saving;
        this.fade = new Alarm(clock);

        this.session = new Session({
            url: options.url,
            token: options.token,
            clock,
            random,
            socket: options.socket,
            reachable: options.reachable,
            handlers: {
                state: (state) => this.sessionState(state),
                welcome: (welcome) => this.welcomed(welcome),
                snapshot: (s) => this.snapshot(s.room, s.participants),
                event: (event) => this.event(event),
                latest: (latest) => this.latest(latest),
                complaint: (error) => { this.error.value = error.code; },
                refused: options.refused,
                ended: (reason) => this.ended(reason),
            },
        });

        this.publisher = new Publisher(
            this.connection('publish', this.publish));
        this.subscriber = new Subscriber(
            this.connection('subscribe', this.subscribe),
            options.small ? STEPS.phone : STEPS.desk, options.stream,
            (slots) => this.slotsChanged(slots));

        this.chat = new ChatModel({
            ask: (message, patience) => this.session.ask(message, patience),
            clock,
            random,
            wall: options.wall,
            nameOf: (id) => this.roster.get(id)?.name ?? '',
        });
        this.chat.setName(options.name);

        this.report = new MutedReport((message) => this.session.ask(message),
            (kind) => this.silence(kind));
        this.view = new ViewReport(clock, (sources) =>
            this.session.tell({ type: 'view', sources }));
        this.watch = new Watch({
            clock,
            read: () => this.statistics(),
            self: () => this.number,
            saving: () => this.saving !== 'off',
            expected: () => this.expected(),
            broken: () => this.link.value !== 'online'
                || this.subscribe.value === 'trouble',
            report: (report) => this.session.tell(report),
            keepBack: (ms) => this.subscriber.keepBack(ms),
        });
    }


    start(): void {
        this.session.start();
        this.subscriber.ahead();
    }


    get counters(): Readonly<Counters> {
        return { ...this.offered, ...this.session.counters };
    }


    /* -- what the pages do ------------------------------------------------ */

    show(shown: readonly Shown[]): void {
        this.shown = shown.filter((one) =>
            Math.floor(one.source / 4) !== this.number);
        this.look();
    }


    save(saving: Saving): void {
        this.saving = saving;
        this.look();
    }


    async rename(name: string): Promise<boolean> {
        const done = await this.attempt({ type: 'state', name });

        if (done) {
            this.chat.setName(name);
        }

        return done;
    }


    leave(): void {
        this.session.leave();
    }


    statistics(): Promise<Statistics> {
        return stats.read(this.subscriber.connection.peer,
            this.publisher.connection.peer,
            (mid) => this.subscriber.slotOf(mid),
            (mid) => this.publisher.kindOf(mid));
    }


    /* The browser has noticed something; see Session.hint(). */
    hint(hint: 'online' | 'visible'): void {
        this.session.hint(hint);

        if (hint === 'online') {
            this.publisher.connection.moved();
            this.subscriber.connection.moved();
        }
    }


    /* A sealed body of the log; null if it cannot be read. */
    async unseal(channel: string, sender: string, body: string):
        Promise<string | null>
    {
        return await this.sealer?.open(channel, sender, body) ?? null;
    }


    /* Another token for the same participant. */
    renew(token: string): void {
        this.session.renew(token);
    }


    /* -- own tracks (Sink) -------------------------------------------------- */

    track(kind: Kind, track: MediaStreamTrack | null): void {
        if (track !== null && !kindsOf(this.rights.value).has(kind)) {
            this.silence(kind);
            return;
        }

        this.publisher.setTrack(kind, track);
        this.liveChanged();
    }


    encoding(kind: Kind, encoding: Encoding): void {
        this.publisher.setEncoding(kind, encoding);
    }


    private liveChanged(): void {
        const { media } = this.options;
        const allowed = kindsOf(this.rights.value);
        const live = new Set(KINDS.filter((kind) =>
            allowed.has(kind) && media.live(kind) !== null));

        this.live = live;
        this.redraw();
        this.report.set(live);
    }


    private silence(kind: Kind): void {
        const { media } = this.options;

        switch (kind) {
        case 'mic': void media.setMic(false); break;
        case 'cam': void media.setCam(false); break;
        default: media.stopShare(); break;
        }
    }


    /* -- what the server says ------------------------------------------------ */

    private sessionState(state: SessionState): void {
        if (state === 'online') {
            this.link.value = 'online';

        } else if (state === 'waiting') {
            this.subscriber.wait();
            this.options.onWaiting(null);

        } else if (state === 'reconnecting') {
            this.link.value = 'reconnecting';
            this.publisher.connection.lost();
            this.subscriber.connection.lost();
            this.chat.lost();
        }
    }


    private welcomed(welcome: Welcome): void {
        batch(() => {
            if (this.self !== welcome.participant) {
                this.roster = new Map();
            }

            this.self = welcome.participant;
            this.number = welcome.number;
            this.slotLimit = welcome.slots;
            this.rightsChanged(welcome.rights);
        });

        this.options.onToken(welcome.token);
        this.report.welcomed(welcome.resumed);
        this.publisher.connection.welcomed(welcome.publish);
        this.subscriber.connection.welcomed(welcome.subscribe);
        this.view.repeat();
        void this.openChat(welcome);
    }


    private async openChat(welcome: Welcome): Promise<void> {
        const { keyId, wrappedKey, incarnation } = welcome;
        let sealer: Sealer | null = null;

        this.keyId = keyId;
        this.wrappedKey = wrappedKey;

        try {
            const key = await unwrapRoomKey(this.options.wrap, wrappedKey,
                keyId);

            sealer = await Sealer.create(key, keyId, incarnation);
            wipe(key);

        } catch (error) {
            this.error.value = error instanceof KeyError
                ? error.code : 'internal';
        }

        if (!this.done && this.session.online) {
            this.sealer = sealer;
            this.chat.welcomed(welcome.participant, sealer);
        }
    }


    private snapshot(
        room: WireRoom,
        participants: readonly WireParticipant[],
    ): void {
        batch(() => {
            this.roster = new Map(participants.map((one) => [one.id, one]));
            this.setRoom(room);
            this.redraw();
        });

        this.enter();
    }


    private enter(): void {
        if (!this.entered) {
            this.entered = true;
            this.subscriber.start(
                Math.max(1, this.roster.size - 1), this.slotLimit);

            /* that has gone before the page has other work */
            queueMicrotask(() => this.present());
        }
    }


    private present(): void {
        if (!this.done) {
            this.options.media.attach(this);
            this.options.onOnline();
            this.watch.start();
        }
    }


    private event(event: Event): void {
        switch (event.type) {

        case 'settings':
            this.setRoom(event.room);
            return;

        case 'entry':
            this.chat.arrived(event.channel, event.entry);
            return;

        case 'changed':
            if (event.participant.id === this.self) {
                this.report.echo(event.participant);
            }
        }

        this.roster = roster.applyEvent(this.roster, event);
        this.redraw();
    }


    private latest(latest: Latest): void {
        switch (latest.type) {

        case 'slots':
            this.subscriber.assign(latest.slots);
            return;

        case 'layers':
            this.publisher.setWanted(latest.layers);
            return;

        case 'rights':
            this.rightsChanged(latest.rights);
            return;

        case 'speakers':
            batch(() => {
                if (this.active.value !== latest.active) {
                    this.active.value = latest.active;
                    this.look();
                }

                this.levels.value = new Map(latest.speakers
                    .map(([number, level]) => [number, scale(level - 127)]));
            });
            this.fade.set(FADE, () => { this.levels.value = new Map(); });
            return;

        case 'lobby':
            this.waiting.value = latest.waiting;
            return;

        case 'quality':
            this.watch.graded(latest.grades);
            return;

        case 'told':
            if (!this.entered) {
                this.options.onWaiting(toldText(latest.body));
            }
        }
    }


    private rightsChanged(rights: readonly Right[]): void {
        const { media } = this.options;
        const allowed = kindsOf(new Set(rights));

        this.rights.value = new Set(rights);

        if (this.entered) {
            for (const kind of KINDS) {
                if (!allowed.has(kind) && media.live(kind) !== null) {
                    this.silence(kind);
                }
            }
        }

        this.publisher.allow(allowed);

        if (this.entered) {
            for (const kind of allowed) {
                this.publisher.setTrack(kind, media.live(kind));
            }
        }

        this.liveChanged();
    }


    private setRoom(room: WireRoom): void {
        this.room.value = roster.roomState(this.options.room, room);
        this.publisher.setCodec(room.codec);
        this.options.onRoom(this.room.value);
        this.redraw();
    }


    /* -- what is drawn --------------------------------------------------------- */

    private slotsChanged(slots: readonly SlotView[]): void {
        const known = new Map(this.sounds.value
            .map((sound) => [sound.key, sound]));

        this.slots = slots;

        batch(() => {
            this.sounds.value = roster.keepList(this.sounds.value,
                slots.filter((slot) => slot.audio !== null).map((slot) => {
                    const key = `slot-${slot.slot}`;

                    return roster.keep<Sound>(known.get(key),
                        { key, stream: slot.audio! });
                }));
            this.redraw();
        });
        this.watch.changed();
    }


    private redraw(): void {
        const { media } = this.options;
        const bySource = new Map(this.slots
            .map((slot) => [slot.videoSource, slot.video]));

        batch(() => {
            this.people.value = roster.people(this.roster, this.self,
                this.live, this.people.value);

            const me = this.people.value[0];

            if (me?.self === true) {
                this.me.value = me;
            }

            this.tiles.value = roster.tiles(this.people.value,
                this.room.value.hideCams,
                (source, person, kind) => person.self
                    ? (kind === 'cam' ? media.cam : media.screen).value.stream
                    : bySource.get(source) ?? null,
                this.tiles.value);
        });
    }


    /* What of it the server is to send. */
    private look(): void {
        const asked = this.economy.apply(this.shown, this.saving,
            this.active.value);

        this.subscriber.need(asked.length);
        this.view.show(asked);
        this.watch.saved(this.economy.withheld);
    }


    private expected() {
        const asked = new Set(this.shown.map((one) => one.source)
            .filter((source) => !this.economy.withheld.includes(source)));

        return this.tiles.value
            .filter((tile) => tile.picture && !tile.person.self
                && !tile.person.away && asked.has(tile.source))
            .map(({ source }) => ({ source, screen: isScreen(source),
                state: this.slots.find((slot) =>
                    slot.videoSource === source)?.state ?? null }));
    }


    /* -- small things ------------------------------------------------------------ */

    protected change(change: RoomChange): Promise<boolean> {
        return this.options.change(change);
    }


    protected async attempt(message: Json): Promise<boolean> {
        this.error.value = null;

        try {
            await this.session.ask(message);
            return true;

        } catch (error) {
            this.error.value = error instanceof NetError
                ? error.code : 'internal';
            return false;
        }
    }


    private connection(
        name: 'publish' | 'subscribe',
        state: { value: MediaLink },
    ): ConnectionOptions {
        const { clock, random, peer, wall } = this.options;

        return {
            create: peer,
            ask: (message, patience) => this.session.ask(message, patience),
            clock,
            random,
            seconds: () => wall() / 1000,
            onState: (next) => { state.value = next; },
            onOffer: () => { this.offered[`${name}Offers`] += 1; },
            onConnection: () => { this.offered[`${name}Connections`] += 1; },
        };
    }


    private ended(reason: SessionEnd): void {
        this.done = true;
        this.watch.close();
        this.fade.clear();
        this.view.close();
        this.chat.close();
        this.options.media.attach(null);
        this.publisher.connection.close();
        this.subscriber.close();
        this.options.onEnd(reason);
    }
}
