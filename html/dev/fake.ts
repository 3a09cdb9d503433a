/*
 * A world for looking at pages without a server: the model's interface with
 * nothing behind it.  Only the development server sees this file.
 */
import { signal, type Signal } from '@preact/signals';

import type {
    App, Call, CallWatch, Capture, Chat, ChatMessage, ErrorCode, Media, Person, Phase,
    PictureNote, Preferences, Right, RoomState, ShareCard, Sound, Statistics,
    Tile,
} from '../src/model/types';

export interface Options {
    page: string;
    people: number;
    screen: boolean;
    owner: boolean;
    devices: boolean;
    error: ErrorCode | null;
    weak: boolean;
    saving: boolean;
}

const NAMES = [
    'Anna Behrens', 'Jonas', 'Mehmet Yılmaz', 'Frau Dr. Müller-Lüdenscheidt',
    'Łukasz', 'Chiara', 'Ben', 'Aisha', 'Noah', '李小龙', 'Emilia', 'Finn',
    'Greta', 'Hannes', 'Ida', 'Jule', 'Karim', 'Lotte', 'Milan', 'Nele',
    'Oskar', 'Paula', 'Quirin', 'Rosa', 'Samira', 'Theo', 'Ute', 'Vincent',
    'Wanda', 'Xaver', 'Yara', 'Zoe',
];

const SHARE: ShareCard = {
    room: 'klasse-7b',
    roomLink: 'https://meet.schule.example/klasse-7b',
    classLink: 'https://meet.schule.example/klasse-7b#bado-kufi-rima-talu-zepo',
    password: 'bado-kufi-rima-talu-zepo',
    teacherLink:
        'https://meet.schule.example/klasse-7b#o.Zk3Jd8sPq0aYw2Lr7NfXcVbTmHgEuIo1K5t9Rj4SxQw',
    expires: 1798000000,
};

export function picture(hue: number, wide = true): MediaStream {
    const canvas = document.createElement('canvas');
    const ctx = canvas.getContext('2d');

    canvas.width = wide ? 640 : 1280;
    canvas.height = wide ? 360 : 800;

    if (ctx !== null) {
        const { width, height } = canvas;
        const sky = ctx.createLinearGradient(0, 0, width, height);

        sky.addColorStop(0, `hsl(${hue} 32% 62%)`);
        sky.addColorStop(1, `hsl(${hue + 40} 30% 34%)`);
        ctx.fillStyle = wide ? sky : '#fbfbf8';
        ctx.fillRect(0, 0, width, height);

        if (wide) {
            ctx.fillStyle = `hsl(${hue + 160} 28% 30%)`;
            ctx.beginPath();
            ctx.arc(width / 2, height * 0.42, height * 0.2, 0, 7);
            ctx.fill();
            ctx.beginPath();
            ctx.ellipse(width / 2, height, height * 0.42, height * 0.36, 0, 0, 7);
            ctx.fill();
        } else {
            slide(ctx);
        }
    }

    return canvas.captureStream(2);
}

/* something like a page of a lesson */
function slide(ctx: CanvasRenderingContext2D): void {
    ctx.fillStyle = '#1c2523';
    ctx.font = '600 58px serif';
    ctx.fillText('How a leaf makes sugar', 80, 120);
    ctx.font = '30px sans-serif';
    ctx.fillStyle = '#525d59';
    ctx.fillText('6 CO\u2082 + 6 H\u2082O + light \u2192 C\u2086H\u2081\u2082O\u2086 + 6 O\u2082', 80, 185);

    ctx.fillStyle = '#f2b04a';
    ctx.beginPath();
    ctx.arc(1060, 250, 90, 0, 7);
    ctx.fill();

    ctx.fillStyle = '#3d8b5f';
    ctx.beginPath();
    ctx.moveTo(330, 640);
    ctx.bezierCurveTo(330, 380, 620, 320, 860, 400);
    ctx.bezierCurveTo(820, 640, 560, 720, 330, 640);
    ctx.fill();

    ctx.strokeStyle = '#dcebe4';
    ctx.lineWidth = 8;
    ctx.beginPath();
    ctx.moveTo(330, 640);
    ctx.quadraticCurveTo(560, 540, 850, 405);
    ctx.stroke();

    ctx.strokeStyle = '#d97b0d';
    ctx.lineWidth = 6;
    ctx.setLineDash([18, 14]);

    for (const [x, y] of [[790, 380], [730, 430], [820, 470]] as const) {
        ctx.beginPath();
        ctx.moveTo(980, 285);
        ctx.lineTo(x, y);
        ctx.stroke();
    }

    ctx.font = '28px sans-serif';
    ctx.fillStyle = '#1c2523';
    ctx.fillText('light', 1030, 400);
    ctx.fillText('water, carbon dioxide', 60, 700);
    ctx.fillText('sugar and oxygen', 620, 720);
}

function capture(on: boolean): Signal<Capture> {
    return signal({
        state: on ? 'on' : 'off',
        error: null,
        stream: on ? picture(200) : null,
    });
}

function fakeMedia(o: Options): Media {
    const mic = capture(o.devices);
    const cam = capture(o.devices);
    const screen = capture(o.screen && o.owner);
    const micOn = signal(o.devices);
    const camOn = signal(o.devices);

    async function set(
        c: Signal<Capture>,
        flag: Signal<boolean>,
        on: boolean,
    ): Promise<boolean> {
        flag.value = on;
        c.value = {
            state: on ? 'on' : 'off',
            error: null,
            stream: on ? picture(200) : null,
        };

        return true;
    }

    return {
        cameras: signal([{ id: 'c1', label: 'HD Pro Webcam C920' }, { id: 'c2', label: 'Dokumentenkamera' }]),
        microphones: signal([{ id: 'm1', label: 'Internes Mikrofon' }]),
        speakers: signal([{ id: 's1', label: 'Lautsprecher (Realtek High Definition Audio mit langem Namen)' }]),
        mic, cam, screen, micOn, camOn,
        level: signal(0.55),
        silent: signal(false),
        talkingMuted: signal(false),
        canShare: true,
        screenAudio: signal(false),
        motion: signal(false),
        resume: async () => undefined,
        setMic: (on) => set(mic, micOn, on),
        setCam: (on) => set(cam, camOn, on),
        chooseMicrophone: async () => true,
        chooseCamera: async () => true,
        share: async () => true,
        stopShare: () => undefined,
        setMotion: () => undefined,
    };
}

function fakePerson(i: number, o: Options): Person {
    return {
        id: String(i),
        number: i + 1,
        name: i === 0 ? 'Kim Schröder' : (NAMES[(i - 1) % NAMES.length] ?? '?'),
        role: i === 0 && o.owner ? 'owner' : i === 4 ? 'moderator' : 'participant',
        self: i === 0,
        away: i === 5,
        program: i === 6,
        joinedMs: 0,
        mic: i % 3 !== 2,
        cam: i === 0 ? o.devices : i % 4 !== 3,
        screen: o.screen && i === 1,
        rights: i === 2 ? ['cam', 'chat'] : ['mic', 'cam', 'screen', 'chat'],
    };
}

function fakeChat(): Chat {
    const messages = signal<readonly ChatMessage[]>(
        [
            ['Jonas', 'Good morning! Can you hear me?'],
            ['Jonas', 'The microphone was off, sorry.'],
            ['Anna Behrens', 'The exercises: https://example.org/biology/7b/leaf'],
            ['Kim Schröder', 'Thank you. Page 42 please,\nnumbers 3 to 5.'],
            ['Mehmet Yılmaz', 'ok 👍'],
        ].map(([name, text], i) => ({
            key: String(i), sequence: i + 1, sender: name ?? '', name: name ?? '',
            self: i === 3, timeMs: Date.now() - 600000 + i * 60000,
            text: text ?? '', state: 'sent' as const, error: null,
        })),
    );

    return {
        messages,
        loading: signal(false),
        unread: signal(0),
        send: async (text) => {
            messages.value = [...messages.value, {
                key: String(messages.value.length), sequence: 99, sender: '0',
                name: 'Kim', self: true, timeMs: Date.now(), text,
                state: 'sending', error: null,
            }];

            return true;
        },
        retry: () => undefined,
        drop: () => undefined,
        setOpen: () => undefined,
    };
}

/* A network on which everything goes wrong at once. */
function fakeWatch(o: Options): CallWatch {
    return {
        troubles: signal(o.weak ? [
            { what: 'up', bad: true, value: 0 },
            { what: 'loss', bad: false, value: 7 },
        ] : []),
        weak: signal(new Set(o.weak ? [3] : [])),
        notes: signal<ReadonlyMap<number, PictureNote>>(new Map(o.weak ? [
            [3 * 4 + 1, 'sender'], [5 * 4 + 1, 'room'], [6 * 4 + 1, 'codec'],
            [4 * 4 + 1, 'saving'],
        ] : [])),
    };
}

let read = 0;

function fakeStatistics(): Statistics {
    read += 1;

    const row = (slot: number, source: number, kind: 'audio' | 'video') => ({
        kind, slot, source, codec: kind === 'audio' ? 'audio/opus' : 'video/VP8',
        bytes: read * (kind === 'audio' ? 9_000 : 140_000), packets: read * 160,
        lost: read * 2, framesDecoded: read * 50, fps: 25, width: 640,
        height: 360, audioLevel: 0, audioEnergy: 0, freezes: 2, frozenMs: 640,
        waitedMs: read * 6_000, emitted: read * 100, samples: read * 96_000,
        concealed: 0, silent: 0,
    });
    const sent = (rid: string, scale: number) => ({
        kind: 'cam' as const, rid, bytes: read * 300_000 / scale / scale,
        framesEncoded: read * 50, fps: 25, width: 1280 / scale,
        height: 720 / scale, codec: 'video/VP8', limited: 'bandwidth' as const,
        lossPercent: 1.2,
    });

    return {
        inbound: [8, 12, 16].flatMap((source, slot) =>
            [row(slot, source, 'audio'), row(slot, source + 1, 'video')]),
        outbound: [sent('l', 4), sent('m', 2), sent('h', 1)],
        receiving: { rttMs: 84, sendKbps: 300 },
        sending: { rttMs: 82, sendKbps: 1840 },
    };
}

export function fakeCall(o: Options): Call {
    const people = Array.from({ length: o.people }, (_, i) => fakePerson(i, o));
    const tiles: Tile[] = people.map((p, i) => ({
        key: `c${i}`, kind: 'cam', source: p.number * 4 + 1, person: p,
        picture: p.cam, stream: p.cam ? picture(i * 47) : null,
    }));
    const rights: Right[] = ['mic', 'cam', 'screen', 'chat'];
    const first = people[1];

    if (o.screen && first !== undefined) {
        tiles.unshift({
            key: 's1', kind: 'screen', source: 11, person: first, picture: true,
            stream: picture(0, false),
        });
    }

    if (o.owner) {
        rights.push('moderate', 'settings', 'delete');
    }

    return {
        link: signal(o.error === 'network' ? 'reconnecting' : 'online'),
        publish: signal('up'),
        subscribe: signal('up'),
        watch: fakeWatch(o),
        error: signal(null),
        me: signal(people[0] as Person),
        rights: signal(new Set(rights)),
        people: signal(people),
        room: signal<RoomState>({
            name: 'klasse-7b', locked: false, lobby: true, hideCams: false,
            rights: { participant: ['mic', 'cam', 'chat'], viewer: [] },
            expires: 1798000000, participants: 500, codec: 'auto',
        }),
        tiles: signal(tiles),
        sounds: signal<readonly Sound[]>([]),
        active: signal(2),
        levels: signal(new Map([[2, 0.6]])),
        chat: fakeChat(),
        show: (shown) => console.debug('show', shown.length),
        rename: async () => true,
        waiting: signal(o.owner ? [
            { id: 'w1', name: 'Paula', sinceMs: 0 },
            { id: 'w2', name: 'Quirin', sinceMs: 0 },
        ] : []),
        admit: async () => true,
        reject: async () => true,
        tellWaiting: async () => true,
        deny: async () => true,
        allow: async () => true,
        appoint: async () => true,
        setLocked: async () => true,
        setLobby: async () => true,
        setHideCams: async () => true,
        setRights: async () => true,
        setCodec: async () => true,
        mute: async () => true,
        remove: async () => true,
        endForAll: async () => true,
        leave: () => undefined,
        counters: {
            publishOffers: 0, subscribeOffers: 0, publishConnections: 0,
            subscribeConnections: 0, sockets: 0, resumes: 0, snapshots: 0,
        },
        statistics: async () => fakeStatistics(),
    };
}

function phaseOf(o: Options, call: Call): Phase {
    switch (o.page) {
        case 'created':
            return { name: 'created', share: SHARE };

        case 'join':
        case 'join-password':
            return { name: 'join', room: 'klasse-7b', ready: o.page === 'join', owner: o.owner };

        case 'waiting':
            return { name: 'waiting', room: 'klasse-7b', since: 0,
                message: o.owner ? 'Die Stunde beginnt um 8:05, bitte noch einen Moment Geduld.' : null };

        case 'away':
            return { name: 'away', room: 'klasse-7b' };

        case 'call':
            return { name: 'call', room: 'klasse-7b', call };

        case 'landing':
            return { name: 'landing' };

        default:
            return { name: 'ended', room: 'klasse-7b', reason: o.page.slice(6) as 'left' };
    }
}

export function fakeApp(o: Options): App {
    const call = fakeCall(o);
    const phase = signal<Phase>(phaseOf(o, call));
    const preferences = signal<Preferences>({
        name: 'Kim Schröder', microphone: 'm1', camera: 'c1', speaker: '',
        micOn: true, camOn: true, noiseSuppression: true,
        echoCancellation: true, autoGainControl: true, mirror: true,
        shortcuts: true, saveData: o.saving, speakerOnly: false,
    } as Preferences);
    const remembered = signal<readonly string[]>(o.owner ? ['klasse-7b', 'kollegium'] : []);

    return {
        phase,
        busy: signal('none'),
        error: signal(o.error),
        media: fakeMedia(o),
        preferences,
        remembered,
        share: signal({ ...SHARE, teacherLink: o.owner ? SHARE.teacherLink : null }),
        start: async () => undefined,
        create: async () => {
            phase.value = { name: 'created', share: SHARE };
            return true;
        },
        open: async (room) => {
            phase.value = { name: 'join', room, ready: true, owner: o.owner };
            return true;
        },
        openTyped: async () => false,
        setSecret: () => undefined,
        join: async () => {
            phase.value = { name: 'call', room: 'klasse-7b', call };
            return true;
        },
        test: () => {
            phase.value = { name: 'test' };
        },
        trial: () => Promise.reject(new Error('needs a server')),
        home: () => {
            phase.value = { name: 'landing' };
        },
        setPreferences: (change) => {
            preferences.value = { ...preferences.value, ...change };
        },
        remember: (keep) => {
            remembered.value = keep ? ['klasse-7b'] : [];
        },
        comeBack: async () => true,
        exportRoom: async () => new Blob(['{}']),
        setExpiry: async () => true,
        newPassword: async () => true,
        streams: {
            list: async () => [
                { id: '4f1d09ab77c0e211', kind: 'whip' },
                { id: 'a0b3c8d2e4f60718', kind: 'whep' },
            ],
            make: async (kind) => ({ id: 'a0b3c8d2e4f60718', kind,
                url: 'https://meet.schule.example/api/v1/' + kind
                    + '/klasse-7b',
                key: 'Zk3Jd8sPq0aYw2Lr7NfXcVbTmHgEuIo1K5t9Rj4SxQw' }),
            revoke: async () => undefined,
        },
        deleteRoom: async () => {
            phase.value = { name: 'ended', room: 'klasse-7b', reason: 'deleted' };
            return true;
        },
    };
}
