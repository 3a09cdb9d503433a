/*
 * The application: which page is due, which room is at hand, and the way from
 * a link into a call and out of it again.
 */

import { batch, computed, signal } from '@preact/signals';

import { type Bytes, decode, encode, wipe } from '../crypto/bytes';
import { isOwnerSecret, pretty, readSecret } from '../crypto/secrets';
import type { Clock } from '../net/clock';
import type { SocketFactory } from '../net/line';
import { Rest, type RoomChange } from '../net/rest';
import type { SessionEnd } from '../net/session';
import { changePassword, createRoom, Ready } from './admission';
import { CallModel } from './call';
import { CodeError, codeOf, codeOfEnd } from './codes';
import * as keep from './keep';
import { card, choose, type Hand, holding, joinPhase, NOWHERE } from './hand';
import { isRoomName, readFragment, readTyped } from './links';
import { MediaModel } from './media';
import type {
    App, Browser, Busy, CreateOptions, ErrorCode, Phase, Preferences,
    ShareCard,
} from './types';

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
    /* calls back when the network or the page's visibility changes */
    readonly watch: (hint: (hint: 'online' | 'visible') => void) => void;
}

interface Entry {
    readonly call: CallModel;
    readonly wrap: Bytes;
    token: string;
    name: string;
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

    private ready: Ready | null = null;
    private entry: Entry | null = null;
    private round = 0;              /* of the page: later ones win */


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

        const kept = keep.readKept(session, room);
        const wrap = decode(kept?.wrap, 32);
        const secret = readFragment(fragment);

        if (kept !== null && wrap !== null && (secret === ''
            || pretty(secret) === kept.password))
        {
            this.hand.value = { ...NOWHERE, room, owner: kept.owner,
                password: kept.password, expires: kept.expires,
                secret: kept.owner
                    ? this.rooms.get(room)?.secret ?? ''
                    : kept.password };
            this.phase.value = { name: 'join', room, ready: true,
                owner: kept.owner };

            const back = this.act('join', () =>
                this.enter(room, kept.name, kept.token, wrap));

            void this.media.resume();

            if (await back) {
                return;
            }

            keep.writeKept(session, room, null);
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
                this.prepare(facts);
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
            this.ready?.wipe();
            this.ready = null;
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

            const admitted = await this.admit(room, person);

            await this.enter(room, person, admitted.token, admitted.wrap);
        });
    }


    home(): void {
        this.drop();
        this.media.release();
        this.browser.navigate('');

        batch(() => {
            this.hand.value = NOWHERE;
            this.error.value = null;
            this.phase.value = { name: 'landing' };
        });
    }


    setPreferences(change: Partial<Preferences>): void {
        const before = this.preferences.value;
        const now = { ...before, ...change };

        this.preferences.value = now;
        keep.writePreferences(this.browser.local, now);
        this.media.preferred(before, now);
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
        return this.act('password', async () => {
            const { entry } = this;
            const { room, secret } = this.hand.value;

            if (entry === null || !isOwnerSecret(secret)) {
                throw new CodeError('no-secret');
            }

            const { password, changed } = await changePassword(
                this.around.rest, room, entry.token, secret, entry.wrap,
                entry.call.keyId, entry.call.wrappedKey);

            this.ready?.wipe();
            this.ready = null;
            this.hand.value = { ...this.hand.value, password };

            if (this.rooms.get(room) !== undefined) {
                this.rooms.set(room, { secret, password });
            }

            /* the old token names an invite that is gone */
            if (changed.token !== '') {
                entry.token = changed.token;
                entry.call.renew(changed.token);

            } else {
                const admitted = await this.admit(room, entry.name);

                wipe(admitted.wrap);
                entry.token = admitted.token;
            }

            this.save();
        });
    }


    deleteRoom(): Promise<boolean> {
        return this.act('delete', async () => {
            const { room } = this.hand.value;

            await this.around.rest.remove(room, await this.token());
            this.rooms.set(room, null);
            this.over(room, 'deleted');
        });
    }


    /* -- getting in ------------------------------------------------------- */

    private prepare(facts: Awaited<ReturnType<Rest['facts']>>): void {
        const secret = readSecret(this.hand.value.secret);

        this.ready?.wipe();
        this.ready = secret === null || !this.around.secure
            ? null : new Ready(facts, secret);
    }


    private async admit(room: string, name: string) {
        const { rest } = this.around;

        if (!this.around.secure) {
            throw new CodeError('insecure');
        }

        if (readSecret(this.hand.value.secret) === null) {
            throw new CodeError('no-secret');
        }

        if (this.ready === null) {
            this.prepare(await rest.facts(room));
        }

        try {
            return await this.ready!.join(rest, room, name);

        } catch (error) {
            this.ready?.wipe();
            this.ready = null;

            if (codeOf(error) === 'wrong-secret') {
                return await this.second(room, name, error);
            }

            throw error;
        }
    }


    /*
     * The remembered owner secret is of an earlier room of this name: forget
     * it and use what the link said.  Any other wrong secret is asked for.
     */
    private async second(room: string, name: string, error: unknown) {
        const { secret, password } = this.hand.value;
        const stale = this.rooms.get(room)?.secret === secret;

        if (stale) {
            this.rooms.set(room, null);
        }

        this.hand.value = { ...NOWHERE, room,
            ...holding(stale ? password : '') };

        if (this.phase.value.name === 'join') {
            this.phase.value = joinPhase(this.hand.value);
        }

        if (!stale || password === '') {
            throw error;
        }

        this.prepare(await this.around.rest.facts(room));
        return this.ready!.join(this.around.rest, room, name);
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
                setLocked: (locked) => this.change({ locked }),
                refused: () => this.again(room, name),

                onToken: (next) => {
                    if (this.entry?.call === call) {
                        this.entry.token = next;
                        this.save();
                    }
                },

                onOnline: () => {
                    cancel();
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
    private async again(room: string, name: string): Promise<string | null> {
        try {
            const admitted = await this.admit(room, name);

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
        const entered = this.phase.value.name === 'call';

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
        this.ready?.wipe();
        this.ready = null;

        if (entry !== null) {
            keep.writeKept(this.browser.session, this.hand.value.room, null);
            this.letGo();
            entry.call.leave();
        }
    }


    private letGo(): void {
        if (this.entry !== null) {
            wipe(this.entry.wrap);
            this.entry = null;
        }
    }


    /* -- small things ----------------------------------------------------------- */

    private change(change: RoomChange): Promise<boolean> {
        return this.act('none', async () => {
            const changed = await this.around.rest.change(
                this.hand.value.room, await this.token(), change);

            this.hand.value = { ...this.hand.value,
                expires: changed.expires };

            if (this.phase.value.name === 'created') {
                this.phase.value = { name: 'created', share: this.share.value! };
            }
        });
    }


    /* For a request: that of the call, or one just for this. */
    private async token(): Promise<string> {
        if (this.entry !== null) {
            return this.entry.token;
        }

        const admitted = await this.admit(this.hand.value.room, 'owner');

        wipe(admitted.wrap);
        return admitted.token;
    }


    private async act(busy: Busy, run: () => Promise<void>): Promise<boolean> {
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
            this.error.value = codeOf(error);
            return false;

        } finally {
            if (this.busy.value === busy) {
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
