/*
 * The application: which page is due, which room is at hand, and the way from
 * a link into a call and out of it again.
 */

import { batch, computed, signal } from '@preact/signals';

import { type Bytes, decode, encode, wipe } from '../crypto/bytes';
import { isOwnerSecret, pretty } from '../crypto/secrets';
import type { Clock } from '../net/clock';
import type { SocketFactory } from '../net/line';
import { Rest, type RoomChange } from '../net/rest';
import type { SessionEnd } from '../net/session';
import { Admission } from './admission';
import { CallModel } from './call';
import { CodeError, codeOf, codeOfEnd } from './codes';
import * as keep from './keep';
import { card, choose, type Hand, holding, joinPhase, NOWHERE } from './hand';
import { isRoomName, readFragment, readTyped } from './links';
import { createRoom } from './invites';
import { MediaModel } from './media';
import { type Entry, Ownership } from './ownership';
import { OwnedStreamKeys } from './streams';
import { savingOf } from './saving';
import { SleepWatch } from './sleep';
import type {
    App, Browser, Busy, CreateOptions, ErrorCode, Phase, Preferences,
    ShareCard, Trial,
} from './types';

const TEST = 'test';            /* no room's name, see links.ts */
const NAME = 64;                /* characters of a person's name */
const ENTERING = 15_000;        /* ms from the token to the first snapshot */

/* What the application needs of its surroundings beside the browser. */
export interface Surroundings {
    readonly rest: Rest;
    readonly clock: Clock;
    readonly random: () => number;
    readonly wall: () => number;
    readonly socket: SocketFactory;
    readonly peer: () => RTCPeerConnection;
    readonly stream: (track: MediaStreamTrack) => MediaStream;
    readonly devices: MediaDevices | undefined;
    readonly granted: (input: 'microphone' | 'camera') => Promise<boolean>;
    readonly canChooseSpeaker: boolean;
    readonly secure: boolean;
    readonly trial: () => Promise<Trial>;
    /* calls back when the network or the page's visibility changes */
    readonly watch: (hint: (hint: 'online' | 'visible') => void) => void;
}


export class AppModel implements App {
    readonly phase = signal<Phase>({ name: 'landing' });
    readonly busy = signal<Busy>('none');
    readonly error = signal<ErrorCode | null>(null);
    readonly preferences = signal<Preferences>(keep.DEFAULTS);
    readonly media: MediaModel;

    private readonly hand = signal<Hand>(NOWHERE);
    private readonly rooms: keep.RememberedRooms;

    readonly remembered = computed<readonly string[]>(
        () => [...this.rooms.all.value.keys()].sort());
    readonly share = computed<ShareCard | null>(() => card(this.browser, this.hand.value));

    private readonly admission: Admission;
    private readonly ownership: Ownership;
    readonly streams: OwnedStreamKeys;
    private entry: Entry | null = null;
    private round = 0;              /* of the page: later ones win */
    private acts = 0;               /* likewise of its actions */
    private readonly sleep: SleepWatch;


    constructor(
        private readonly browser: Browser,
        private readonly around: Surroundings,
    ) {
        this.preferences.value = keep.readPreferences(browser.local);
        this.rooms = new keep.RememberedRooms(browser.local);

        this.media = new MediaModel({
            clock: around.clock,
            devices: around.devices,
            granted: around.granted,
            preferences: () => this.preferences.value,
            setPreferences: (change) => this.setPreferences(change),
            canChooseSpeaker: around.canChooseSpeaker,
        });

        this.admission = new Admission(around.rest, around.secure, this.hand,
            this.rooms, () => {
                if (this.phase.value.name === 'join') {
                    this.phase.value = joinPhase(this.hand.value);
                }
            });
        this.ownership = new Ownership(around.rest, this.hand, this.rooms,
            this.admission, () => this.entry, () => this.save());
        this.streams = new OwnedStreamKeys(around.rest, this.ownership,
            () => this.hand.value.room, browser);
        this.sleep = new SleepWatch(around.clock, around.wall,
            () => this.slept());

        around.watch((hint) => {
            this.entry?.call.hint(hint);

            if (hint === 'visible') {
                this.media.revive();
            }
        });
    }


    async start(): Promise<void> {
        const { room, session, fragment } = this.browser;

        if (room === '') {
            return;
        }

        if (room === TEST) {
            this.phase.value = { name: 'test' };
            return;
        }

        const kept = keep.readKept(session, room);
        const secret = readFragment(fragment);

        if (kept !== null && (secret === ''
            || pretty(secret) === kept.password))
        {
            this.hand.value = { ...NOWHERE, room, owner: kept.owner,
                password: kept.password, expires: kept.expires,
                secret: kept.owner
                    ? this.rooms.get(room)?.secret ?? ''
                    : kept.password };
            this.phase.value = { name: 'join', room, ready: true,
                owner: kept.owner };

            if (await this.back(kept)) {
                return;
            }

            await this.open(room, kept.password);
            return;
        }

        await this.open(room, secret);
    }


    create(options: CreateOptions): Promise<boolean> {
        const name = (options.name ?? '').trim().toLowerCase();

        return this.act('create', async () => {
            if (name !== '' && !isRoomName(name)) {
                throw new CodeError('bad-name');
            }

            const made = await createRoom(this.around.rest, name,
                options.expires);

            batch(() => {
                this.hand.value = { room: made.room, secret: made.owner,
                    password: made.password, expires: made.expires,
                    owner: true };
                this.phase.value = { name: 'created', share: this.share.value! };
            });
        });
    }


    open(room: string, secret: string = ''): Promise<boolean> {
        const name = room.trim().toLowerCase();

        this.drop();
        this.browser.navigate(name);

        batch(() => {
            this.hand.value = choose(name, secret, this.rooms.get(name),
                this.hand.value);
            this.phase.value = joinPhase(this.hand.value);
        });

        const round = this.round;

        return this.act('look', async () => {
            const facts = await this.around.rest.facts(name)
                .catch((error: unknown) => {
                    if (codeOf(error) === 'no-room') {
                        this.rooms.set(name, null);
                    }

                    throw error;
                });

            if (round === this.round) {
                this.admission.prepare(facts);
            }
        });
    }


    async openTyped(text: string): Promise<boolean> {
        const typed = readTyped(this.browser, text);

        if (typed === null) {
            this.error.value = 'bad-name';
            return false;
        }

        return this.open(typed.room, typed.secret);
    }


    setSecret(secret: string): void {
        const { room, expires } = this.hand.value;

        if (room !== '' && this.phase.value.name === 'join') {
            this.error.value = null;
            this.hand.value = { ...NOWHERE, room, expires,
                ...holding(secret) };
            this.admission.reset();
            this.phase.value = joinPhase(this.hand.value);
        }
    }


    join(name: string): Promise<boolean> {
        const person = name.trim();
        const { room } = this.hand.value;

        return this.act('join', async () => {
            if (person === '' || [...person].length > NAME) {
                throw new CodeError('no-name');
            }

            this.setPreferences({ name: person });

            const admitted = await this.admission.admit(person);

            await this.enter(room, person, admitted.token, admitted.wrap);
        });
    }


    async comeBack(): Promise<boolean> {
        const { room } = this.hand.value;
        const kept = keep.readKept(this.browser.session, room);

        if (this.phase.value.name !== 'away') {
            return false;
        }

        return kept !== null && await this.back(kept) ? true
            : this.open(room, kept?.password ?? '').then(() => false);
    }


    home(): void {
        this.turn('', { name: 'landing' });
    }


    test(): void {
        this.turn(TEST, { name: 'test' });
    }


    trial(): Promise<Trial> {
        return this.around.trial();
    }


    setPreferences(change: Partial<Preferences>): void {
        const before = this.preferences.value;
        const now = { ...before, ...change };

        this.preferences.value = now;
        keep.writePreferences(this.browser.local, now);
        this.media.preferred(before, now);
        this.entry?.call.save(savingOf(now));
    }


    remember(on: boolean): void {
        const { room, secret, password, owner } = this.hand.value;

        if (owner && room !== '' && (!on || isOwnerSecret(secret))) {
            this.rooms.set(room, on ? { secret, password } : null);
        }
    }


    setExpiry(expires: number | null): Promise<boolean> {
        return this.change({ expires });
    }


    newPassword(): Promise<boolean> {
        return this.act('password', () => this.ownership.newPassword());
    }


    deleteRoom(): Promise<boolean> {
        return this.act('delete', async () => {
            const { room } = this.hand.value;

            await this.ownership.remove();
            this.over(room, 'deleted');
        });
    }


    async exportRoom(): Promise<Blob | null> {
        let blob: Blob | null = null;

        await this.act('export', async () => {
            blob = await this.ownership.export();
        });

        return blob;
    }


    /* -- getting in ------------------------------------------------------- */

    /* As the participant of before, with what the tab has kept. */
    private back(kept: keep.Kept): Promise<boolean> {
        const { room } = this.hand.value;

        return this.act('join', async () => {
            const entered = this.enter(room, kept.name, kept.token,
                decode(kept.wrap, 32) ?? new Uint8Array(32));

            await Promise.all([entered, this.media.resume()]);
        });
    }


    /* To a page that has no room. */
    private turn(path: string, phase: Phase): void {
        this.drop();
        this.media.release();
        this.browser.navigate(path);
        this.acts += 1;

        batch(() => {
            this.busy.value = 'none';
            this.hand.value = NOWHERE;
            this.error.value = null;
            this.phase.value = phase;
        });
    }


    private wait(room: string, message: string | null): void {
        const { phase } = this;
        const before = phase.value.name === 'waiting' ? phase.value : null;

        this.busy.value = 'none';
        phase.value = { name: 'waiting', room,
            since: before?.since ?? this.around.wall(),
            message: message ?? before?.message ?? null };
    }


    /* Resolves when everything is known; takes over `wrap`. */
    private enter(room: string, name: string, token: string, wrap: Bytes):
        Promise<void>
    {
        const { around, browser } = this;
        const round = ++this.round;

        return new Promise((resolve, reject) => {
            const call = new CallModel({
                room, name, token, wrap,
                url: browser.origin.replace(/^http/, 'ws') + browser.prefix
                    + 'api/v1/ws',
                clock: around.clock,
                random: around.random,
                wall: around.wall,
                socket: around.socket,
                peer: around.peer,
                stream: around.stream,
                media: this.media,
                small: browser.small,
                saving: savingOf(this.preferences.value),
                change: (change) => this.change(change),
                reachable: () => around.rest.reachable(room),
                refused: () => this.again(name),

                onToken: (next) => {
                    if (this.entry?.call === call) {
                        this.entry.token = next;
                        this.save();
                    }
                },

                onWaiting: (message) => {
                    cancel();
                    this.wait(room, message);
                },

                onOnline: () => {
                    cancel();
                    this.sleep.start();
                    this.phase.value = { name: 'call', room, call };
                    resolve();
                },

                onRoom: ({ expires }) => {
                    if (this.hand.value.expires !== expires) {
                        this.hand.value = { ...this.hand.value, expires };
                        this.save();
                    }
                },

                onEnd: (reason) => {
                    cancel();
                    reject(new CodeError(codeOfEnd(reason)));

                    if (round === this.round) {
                        this.ended(room, reason);
                    }
                },
            });

            const cancel = around.clock.after(ENTERING, () => {
                reject(new CodeError('unavailable'));
                this.drop();
            });

            this.entry = { call, wrap, token, name };
            this.save();
            call.start();
        });
    }


    /* Our token is void: with the secret at hand we may come in again. */
    private async again(name: string): Promise<string | null> {
        try {
            const admitted = await this.admission.admit(name);

            /* the invite may be a new one, with other wrapping */
            this.entry?.wrap.set(admitted.wrap);
            wipe(admitted.wrap);
            return admitted.token;

        } catch {
            return null;
        }
    }


    /* -- getting out --------------------------------------------------------- */

    private ended(room: string, reason: SessionEnd): void {
        const { name } = this.phase.value;
        const entered = name === 'call' || name === 'waiting';

        this.letGo();

        if (reason !== 'replaced') {
            keep.writeKept(this.browser.session, room, null);
        }

        /* who never got in stays on the join page and reads why */
        if (entered) {
            this.over(room, reason);
        }
    }


    private over(room: string, reason: SessionEnd): void {
        this.drop();

        if (reason === 'deleted' || reason === 'no-room'
            || reason === 'expired')
        {
            this.rooms.set(room, null);
            this.hand.value = NOWHERE;
        }

        this.media.release();
        this.phase.value = { name: 'ended', room, reason };
    }


    /* Leaves whatever is going on, without a word to the pages. */
    private drop(): void {
        const { entry } = this;

        this.round += 1;
        this.admission.reset();

        if (entry !== null) {
            keep.writeKept(this.browser.session, this.hand.value.room, null);
            this.letGo();
            entry.call.leave();
        }
    }


    /* Woken up: the others have long seen us go; nothing is sent unasked. */
    private slept(): void {
        const { entry } = this;
        const { room } = this.hand.value;

        if (entry !== null && this.phase.value.name === 'call') {
            this.round += 1;
            this.save();
            this.letGo();
            entry.call.leave();
            this.media.release();
            this.phase.value = { name: 'away', room };
        }
    }


    private letGo(): void {
        this.sleep.stop();

        if (this.entry !== null) {
            wipe(this.entry.wrap);
            this.entry = null;
        }
    }


    /* -- small things ----------------------------------------------------------- */

    private change(change: RoomChange): Promise<boolean> {
        return this.act('none', async () => {
            await this.ownership.change(change);

            if (this.phase.value.name === 'created') {
                this.phase.value = { name: 'created', share: this.share.value! };
            }
        });
    }


    private async act(busy: Busy, run: () => Promise<void>): Promise<boolean> {
        const act = ++this.acts;

        batch(() => {
            this.error.value = null;
            this.busy.value = busy;
        });

        try {
            if (!this.around.secure) {
                throw new CodeError('insecure');
            }

            await run();
            return true;

        } catch (error) {
            /* a later one has something newer to say */
            if (act === this.acts) {
                this.error.value = codeOf(error);
            }

            return false;

        } finally {
            if (act === this.acts) {
                this.busy.value = 'none';
            }
        }
    }


    /* What a reload of the page needs; no secret of an owner. */
    private save(): void {
        const { entry } = this;
        const { room, password, owner, expires } = this.hand.value;

        if (entry !== null) {
            keep.writeKept(this.browser.session, room, {
                token: entry.token, wrap: encode(entry.wrap),
                name: entry.name, password, owner, expires,
            });
        }
    }
}
