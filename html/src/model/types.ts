/*
 * What the pages know of the world: the data, the state as signals and the
 * actions.  Pages import only this file and `createApp` of ./app; everything
 * behind it may change without them.  What a lower layer knows already is
 * named here and described there.
 *
 * Rules.  Signals are written by the model alone.  Arrays and objects inside
 * signals are never changed in place: a new value means a new object, and an
 * unchanged one keeps its identity.  MediaStream objects are stable as long
 * as their tile or sound exists.  Actions never throw: they answer true or
 * false (or null) and leave a code in `error` of the object they belong to.
 */

import type { ReadonlySignal } from '@preact/signals';

import type { KeyErrorCode } from '../crypto/keys';
import type { NetCode } from '../net/errors';
import type { SessionEnd } from '../net/session';
import type { Kind, Role, RoomCodec } from '../net/wire';
import type { CaptureError, CaptureValue } from '../rtc/capture';
import type { ConnectionState } from '../rtc/connection';
import type { Inbound, Outbound, Path, Statistics } from '../rtc/stats';
import type { PictureNote } from './pictures';
import type { Matter, Trouble } from './quality';

export type { ReadonlySignal };


/* -- codes; the pages translate them ------------------------------------ */

/*
 * The server's problem names and socket errors, what the network does, and
 * what arises here.
 */
export type ErrorCode = NetCode | KeyErrorCode
    | 'bad-name'            /* room name not 3-64 of a-z 0-9 - */
    | 'no-name'             /* the person's name is missing or too long */
    | 'no-secret'           /* neither link nor input holds a password */
    | 'insecure';           /* page not served over HTTPS: no WebCrypto */

/* Why a device or a screen share does not work. */
export type DeviceError = CaptureError;

/* Why a call is over. */
export type EndReason = SessionEnd;


/* -- basic data ---------------------------------------------------------- */

export type { Kind, Role, RoomCodec };

/* Unknown rights of a newer server are kept and harmless. */
export type Right =
    | 'mic' | 'cam' | 'screen' | 'chat' | 'tell'
    | 'settings' | 'moderate' | 'appoint' | 'delete' | (string & {});

export interface Person {
    readonly id: string;
    readonly number: number;         /* 1 ...; shown nowhere, sorts stably */
    readonly name: string;
    readonly role: Role;
    readonly self: boolean;
    readonly away: boolean;          /* connection lost, may come back */
    readonly program: boolean;       /* streams by WHIP or WHEP, has no page */
    readonly joinedMs: number;       /* Unix milliseconds */
    readonly mic: boolean;           /* sends sound */
    readonly cam: boolean;           /* sends camera pictures */
    readonly screen: boolean;        /* shares a screen */
    readonly rights: readonly Right[]; /* in force: what was taken is missing */
}

/* Somebody in the lobby; only moderators and owners hear of them. */
export interface Waiting {
    readonly id: string;
    readonly name: string;
    readonly sinceMs: number;        /* Unix milliseconds */
}

/* What participants and viewers may do in a room. */
export interface RoomRights {
    readonly participant: readonly Right[];
    readonly viewer: readonly Right[];
}

export interface RoomState {
    readonly name: string;
    readonly locked: boolean;
    readonly lobby: boolean;         /* newcomers wait to be admitted */
    readonly hideCams: boolean;      /* cameras for moderators only */
    readonly rights: RoomRights;
    readonly expires: number | null; /* Unix seconds; null: by idleness */
    readonly participants: number;   /* limit */
    readonly codec: RoomCodec;       /* of everybody's pictures */
}

/*
 * One rectangle of the grid: somebody (camera or only a name) or a shared
 * screen.  Play `stream` in a muted <video>; sound is in `Call.sounds`.
 */
export interface Tile {
    readonly key: string;            /* stable; use as Preact key */
    readonly kind: 'cam' | 'screen';
    readonly source: number;         /* for Call.show() */
    readonly person: Person;
    readonly picture: boolean;       /* pictures are sent by that person */
    readonly stream: MediaStream | null; /* null: show name instead */
}

/* Render one <audio autoplay> per entry, and nothing else plays sound. */
export interface Sound {
    readonly key: string;
    readonly stream: MediaStream;
}

/* What the page shows of a tile; height in device pixels. */
export interface Shown {
    readonly source: number;
    readonly height: number;
    readonly priority: number;       /* 0 first */
}

export type MessageState =
    | 'sending'      /* not on the server's disk yet; also while offline */
    | 'sent'
    | 'failed'       /* refused for good: see error; retry() or drop() */
    | 'unreadable';  /* could not be decrypted; text is empty */

export interface ChatMessage {
    readonly key: string;
    readonly sequence: number;       /* 0 while not sent */
    readonly sender: string;         /* participant id */
    readonly name: string;           /* '' if unreadable and unknown */
    readonly self: boolean;
    readonly timeMs: number;
    readonly text: string;
    readonly state: MessageState;
    readonly error: ErrorCode | null;
}

/* Everything that can be handed to others, or kept by the teacher. */
export interface ShareCard {
    readonly room: string;
    readonly roomLink: string;       /* without secret, to read out */
    readonly classLink: string | null; /* null: password not known here */
    readonly password: string | null;
    readonly teacherLink: string | null; /* owner only */
    readonly expires: number | null;
}

export interface Device {
    readonly id: string;
    readonly label: string;          /* '' before permission */
}


/* -- own devices ---------------------------------------------------------- */

/* Of the screen, the picture alone; play previews muted. */
export type Capture = CaptureValue;

/*
 * Microphone, camera and screen of this page: the same object before and in
 * the call, so a preview goes on without asking again.  `micOn` and `camOn`
 * are what others get (or will get after joining).
 */
export interface Media {
    readonly cameras: ReadonlySignal<readonly Device[]>;
    readonly microphones: ReadonlySignal<readonly Device[]>;
    readonly speakers: ReadonlySignal<readonly Device[]>; /* [] if not choosable */

    readonly mic: ReadonlySignal<Capture>;
    readonly cam: ReadonlySignal<Capture>;
    readonly screen: ReadonlySignal<Capture>;

    readonly micOn: ReadonlySignal<boolean>;
    readonly camOn: ReadonlySignal<boolean>;

    readonly level: ReadonlySignal<number>;      /* microphone, 0 ... 1 */
    readonly silent: ReadonlySignal<boolean>;    /* on, but not a sound: OS mute? */
    readonly talkingMuted: ReadonlySignal<boolean>; /* hint while muted in a call */

    readonly canShare: boolean;                  /* getDisplayMedia exists */
    readonly screenAudio: ReadonlySignal<boolean>; /* the share has sound */
    readonly motion: ReadonlySignal<boolean>;    /* share at 30 fps */

    /* Starts what was on last time, but only where no question is asked. */
    resume(): Promise<void>;
    setMic(on: boolean): Promise<boolean>;
    setCam(on: boolean): Promise<boolean>;
    chooseMicrophone(id: string): Promise<boolean>;
    chooseCamera(id: string): Promise<boolean>;
    /* Also switches the source while sharing.  Call it in a click handler. */
    share(): Promise<boolean>;
    stopShare(): void;
    setMotion(on: boolean): void;
}


/* -- preferences (kept on this device) ------------------------------------ */

export interface Preferences {
    readonly name: string;
    readonly microphone: string;     /* device ids, '' = browser's choice */
    readonly camera: string;
    readonly speaker: string;        /* for setSinkId of the <audio>s */
    readonly micOn: boolean;
    readonly camOn: boolean;
    readonly noiseSuppression: boolean;
    readonly echoCancellation: boolean;
    readonly autoGainControl: boolean;
    readonly mirror: boolean;        /* own picture */
    readonly shortcuts: boolean;     /* single-key shortcuts */
    readonly saveData: boolean;      /* small pictures, few bytes */
    readonly speakerOnly: boolean;   /* ... and of cameras one alone */
}


/* -- the call -------------------------------------------------------------- */

/* 'online': everything works; 'reconnecting': the socket is away. */
export type Link = 'connecting' | 'online' | 'reconnecting';

/* Of one media connection. */
export type MediaLink = ConnectionState;

export type {
    Inbound, Matter, Outbound, Path, PictureNote, Statistics, Trouble,
};

/* Totals since joining; the tests compare them before and after. */
export interface Counters {
    publishOffers: number;
    subscribeOffers: number;
    publishConnections: number;
    subscribeConnections: number;
    sockets: number;                 /* opened */
    resumes: number;
    snapshots: number;
}

/* What the statistics give away, every other second. */
export interface CallWatch {
    /* What is wrong with our own network, worst told as `bad`. */
    readonly troubles: ReadonlySignal<readonly Trouble[]>;
    /* Numbers of others whose pictures suffer from their own way up. */
    readonly weak: ReadonlySignal<ReadonlySet<number>>;
    /* Why a picture stands still or is missing, by source. */
    readonly notes: ReadonlySignal<ReadonlyMap<number, PictureNote>>;
}

export interface Chat {
    /* In the log's order, own unsent ones last. */
    readonly messages: ReadonlySignal<readonly ChatMessage[]>;
    readonly loading: ReadonlySignal<boolean>;   /* history is being fetched */
    readonly unread: ReadonlySignal<number>;
    send(text: string): Promise<boolean>;        /* false: empty or too long */
    retry(key: string): void;
    drop(key: string): void;
    /* The panel is (not) visible: unread stops (starts) counting. */
    setOpen(open: boolean): void;
}

export interface Call {
    readonly link: ReadonlySignal<Link>;
    readonly publish: ReadonlySignal<MediaLink>;
    readonly subscribe: ReadonlySignal<MediaLink>;
    readonly watch: CallWatch;
    readonly error: ReadonlySignal<ErrorCode | null>;

    readonly me: ReadonlySignal<Person>;
    readonly rights: ReadonlySignal<ReadonlySet<Right>>;
    readonly people: ReadonlySignal<readonly Person[]>;  /* self first, then by joining */
    readonly room: ReadonlySignal<RoomState>;

    /* Shared screens first, then people by joining; self included. */
    readonly tiles: ReadonlySignal<readonly Tile[]>;
    readonly sounds: ReadonlySignal<readonly Sound[]>;
    readonly active: ReadonlySignal<number>;             /* number of the active speaker, 0 nobody */
    readonly levels: ReadonlySignal<ReadonlyMap<number, number>>; /* number -> 0 ... 1, who speaks now */

    readonly chat: Chat;

    /* Say it whenever layout, page or size changes; it is debounced. Own tiles are ignored. */
    show(shown: readonly Shown[]): void;

    rename(name: string): Promise<boolean>;
    leave(): void;

    /* The rest is for moderators and owners; `rights` says who that is. */
    readonly waiting: ReadonlySignal<readonly Waiting[]>;
    admit(person: string | null): Promise<boolean>;     /* null: all */
    reject(person: string | null): Promise<boolean>;
    tellWaiting(text: string): Promise<boolean>;
    mute(person: string, kinds: readonly Kind[]): Promise<boolean>;
    deny(person: string, kinds: readonly Kind[]): Promise<boolean>;
    allow(person: string, kinds: readonly Kind[]): Promise<boolean>;
    remove(person: string): Promise<boolean>;
    appoint(person: string, role: Role): Promise<boolean>;  /* not 'owner' */
    endForAll(): Promise<boolean>;
    setLocked(locked: boolean): Promise<boolean>;
    setLobby(on: boolean): Promise<boolean>;
    setHideCams(on: boolean): Promise<boolean>;
    setRights(rights: Partial<RoomRights>): Promise<boolean>;
    setCodec(codec: RoomCodec): Promise<boolean>;

    readonly counters: Readonly<Counters>;
    statistics(): Promise<Statistics>;
}


/* -- the connection test ---------------------------------------------------- */

/* 'open': not looked at yet; 'skipped': cannot be told any more. */
export type FindingState =
    | 'open' | 'running' | 'good' | 'fair' | 'bad' | 'skipped';

/*
 * `code` says what is wrong, or of which kind the value is; `value`: ms,
 * percent or bit/s; `least`: it may well be more.
 */
export interface Finding {
    readonly state: FindingState;
    readonly code: string;
    readonly value: number;
    readonly least: boolean;
}

export interface Findings {
    readonly https: Finding;
    readonly websocket: Finding;
    readonly udp: Finding;           /* to the media worker and back */
    readonly roundTrip: Finding;
    readonly loss: Finding;
    readonly up: Finding;
    readonly down: Finding;
}

export type TrialState = 'idle' | 'running' | 'done';

/* Why the test could not be run to its end. */
export type TrialError =
    | 'limited'                      /* too many from this network */
    | 'busy'                         /* others are testing now */
    | 'away'                         /* the server is not complete */
    | 'broken';

export interface Trial {
    readonly state: ReadonlySignal<TrialState>;
    readonly error: ReadonlySignal<TrialError | null>;
    readonly progress: ReadonlySignal<number>;          /* 0 ... 1 */
    readonly findings: ReadonlySignal<Findings>;
    readonly ports: ReadonlySignal<readonly [number, number]>; /* UDP; 0: not known */
    start(): Promise<void>;
    stop(): void;
}


/* -- the application -------------------------------------------------------- */

export type Phase =
    | { readonly name: 'landing' }
    | { readonly name: 'test' }
    | { readonly name: 'created'; readonly share: ShareCard }
    /*
     * Somebody follows a link. `ready`: facts are known and a secret is at
     * hand; else the page asks for the password (`error` says why).
     */
    | { readonly name: 'join'; readonly room: string; readonly ready: boolean;
        readonly owner: boolean }
    /* In the lobby; home() or open() leave it. `message`: a moderator's last. */
    | { readonly name: 'waiting'; readonly room: string;
        readonly since: number; readonly message: string | null }
    | { readonly name: 'call'; readonly room: string; readonly call: Call }
    /* The computer slept: out of the call, devices are off. See comeBack(). */
    | { readonly name: 'away'; readonly room: string }
    | { readonly name: 'ended'; readonly room: string;
        readonly reason: EndReason };

export type Busy =
    | 'none' | 'create' | 'look' | 'join' | 'delete' | 'password' | 'export';

export interface CreateOptions {
    readonly name?: string;          /* of the room */
    readonly expires?: number;       /* Unix seconds */
}

export interface App {
    readonly phase: ReadonlySignal<Phase>;
    readonly busy: ReadonlySignal<Busy>;
    /* Of the last action; a new action clears it. */
    readonly error: ReadonlySignal<ErrorCode | null>;
    readonly media: Media;
    readonly preferences: ReadonlySignal<Preferences>;
    /* Known rooms whose owner secret is remembered on this device. */
    readonly remembered: ReadonlySignal<readonly string[]>;
    /* Of the room at hand (created, join, call); null elsewhere. */
    readonly share: ReadonlySignal<ShareCard | null>;

    /*
     * Once at start: looks at the address, goes to landing or join, and
     * straight back into the call after a reload of the page.
     */
    start(): Promise<void>;
    create(options: CreateOptions): Promise<boolean>;
    /* From created, landing or a link: the join page of a room. */
    open(room: string, secret?: string): Promise<boolean>;
    /* A link or a room name as typed on the landing page. */
    openTyped(text: string): Promise<boolean>;
    /* Typed on the join page; kept in memory only. */
    setSecret(secret: string): void;
    /* Resolves when in the call, or not; phase 'waiting' may lie between. */
    join(name: string): Promise<boolean>;
    /* From 'away': as the same person, with the devices as they were. */
    comeBack(): Promise<boolean>;
    home(): void;
    /* The page of the connection test, and what it works with. */
    test(): void;
    trial(): Promise<Trial>;

    setPreferences(change: Partial<Preferences>): void;
    /* Keeps (forgets) the owner secret of the room at hand on this device. */
    remember(keep: boolean): void;

    /* Owner, in the call or on the created page. */
    setExpiry(expires: number | null): Promise<boolean>;
    newPassword(): Promise<boolean>;
    deleteRoom(): Promise<boolean>;
    /* Everything stored about the room, as JSON for a download. */
    exportRoom(): Promise<Blob | null>;
    readonly streams: StreamKeys;
}

/* By which encoders publish ('whip') and players play ('whep'). */
export type StreamKind = 'whip' | 'whep';

export interface StreamKey {
    readonly id: string;
    readonly kind: StreamKind;
}

export interface NewStreamKey extends StreamKey {
    readonly url: string;
    readonly key: string;            /* known this once */
}

/* Owner, in the call.  Each throws what codeOf() takes. */
export interface StreamKeys {
    list(): Promise<readonly StreamKey[]>;
    make(kind: StreamKind): Promise<NewStreamKey>;
    revoke(id: string): Promise<void>;
}

/*
 * The browser as the model sees it; createApp() takes the real one, tests give
 * their own.  `fragment` is what stood behind # (boot.js took it out of the
 * address bar before the first paint) or ''.
 */
export interface Browser {
    readonly origin: string;         /* https://host:port */
    readonly prefix: string;         /* path of the service, ends with / */
    readonly room: string;           /* from the path, '' = landing */
    readonly fragment: string;
    readonly local: KeyValue;
    readonly session: KeyValue;
    /* Address bar without reload: '' or a room's name below the prefix. */
    navigate(room: string): void;
    readonly small: boolean;         /* a phone: fewer pictures at once */
}

/* localStorage and sessionStorage; may be absent or refuse. */
export interface KeyValue {
    get(key: string): string | null;
    set(key: string, value: string): void;
    remove(key: string): void;
}
