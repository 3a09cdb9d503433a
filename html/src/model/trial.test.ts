import { beforeEach, describe, expect, it } from 'vitest';

import { FakeClock, FakeSocket } from '../net/fake';
import { Rest } from '../net/rest';
import { FakePeer, FakeTrack } from '../rtc/fake';
import { gauge, type Sample } from '../rtc/gauge';
import { rateState, TrialModel } from './trial';

let clock: FakeClock;
let sockets: FakeSocket[];
let peers: TestPeer[];
let status: number;
let stats: (peer: TestPeer) => object[];
let stopped: number;


class TestPeer extends FakePeer {
    async getStats(): Promise<Map<string, object>> {
        return new Map(stats(this).map((row, i) => [String(i), row]));
    }
}


beforeEach(() => {
    clock = new FakeClock();
    sockets = [];
    peers = [];
    status = 200;
    stats = () => [];
    stopped = 0;
});


function trial(secure = true): TrialModel {
    return new TrialModel({
        rest: new Rest('https://meet.test/api/v1/', async () => {
            if (status === 0) {
                throw new TypeError('no network');
            }

            return new Response(JSON.stringify({ token: 't', seconds: 60,
                udp: { first: 40_000, last: 40_063 } }), { status });
        }),
        url: 'wss://meet.test/api/v1/ws',
        clock,
        secure,
        socket: () => {
            sockets.push(new FakeSocket());
            return sockets.at(-1)!;
        },
        peer: () => {
            peers.push(new TestPeer());
            return peers.at(-1)! as unknown as RTCPeerConnection;
        },
        picture: async () => ({
            video: new FakeTrack('video').asTrack(),
            audio: new FakeTrack('audio').asTrack(),
            stop: () => { stopped += 1; },
        }),
    });
}


/* The server's side of the socket: greets, and answers what is asked. */
async function serve(): Promise<void> {
    await clock.advance(0);

    const socket = sockets[0]!;

    socket.open();
    expect(socket.sent[0]).toEqual({ type: 'hello', token: 't' });
    socket.say({ type: 'welcome', participant: 'a', number: 7, epoch: 1,
        sequence: 1, token: 't' });

    for (let done = 1, i = 0; i < 10; i++) {
        await clock.advance(0);

        for (; done < socket.sent.length; done++) {
            const { type, id } = socket.sent[done]!;

            if (id !== undefined) {
                socket.say(type === 'ping' ? { type: 'pong', re: id }
                    : { type: 'answer', re: id, sdp: 'answer' });
            }
        }
    }
}


describe('the connection test', () => {
    it('is content with a good network', async () => {
        const test = trial();
        let n = 0;

        stats = (peer) => {
            n += 1;

            return peer === peers[1]
                ? [{ type: 'candidate-pair', nominated: true,
                    bytesReceived: n * 60_000 },
                { type: 'inbound-rtp', packetsReceived: n * 50 }]
                : [{ type: 'candidate-pair', nominated: true,
                    currentRoundTripTime: 0.08, bytesSent: n * 60_000 },
                { type: 'outbound-rtp', packetsSent: n * 50 }];
        };

        const run = test.start();

        await serve();
        expect(sockets[0]!.sent.find((m) => m['type'] === 'view'))
            .toEqual({ type: 'view', sources: [
                { source: 29, height: 360, priority: 0 }] });
        peers.forEach((peer) => peer.become('connected'));
        await clock.advance(20_000);
        await run;

        expect(test.state.value).toBe('done');
        expect(test.error.value).toBeNull();
        expect(test.ports.value).toEqual([40_000, 40_063]);
        expect(Object.values(test.findings.value).map((one) => one.state))
            .toEqual(Array(7).fill('good'));
        expect(test.findings.value.roundTrip.value).toBe(80);
        expect(sockets[0]!.sent.at(-1)).toEqual({ type: 'leave' });
        expect(peers.every((peer) => peer.closed)).toBe(true);
        expect(stopped).toBe(1);
    });

    it('says that UDP does not get through', async () => {
        const test = trial();
        const run = test.start();

        await serve();
        await clock.advance(9_000);
        await run;

        expect(test.error.value).toBeNull();
        expect(test.findings.value.websocket.state).toBe('good');
        expect(test.findings.value.udp)
            .toMatchObject({ state: 'bad', code: 'udp' });
        expect(test.findings.value.up.state).toBe('skipped');
        expect(stopped).toBe(1);
    });

    it('tells a socket that is cut from a server that is not reached',
        async () => {
            const test = trial();
            const run = test.start();

            await clock.advance(0);
            sockets[0]!.end(1006);
            await run;
            expect(test.findings.value.https.state).toBe('good');
            expect(test.findings.value.websocket.state).toBe('bad');
            expect(test.findings.value.udp.state).toBe('open');

            status = 0;
            await test.start();
            expect(test.findings.value.https.state).toBe('bad');
            expect(test.findings.value.websocket.state).toBe('open');
        });

    it('blames no network for limits', async () => {
        const test = trial();

        status = 429;
        await test.start();
        expect(test.error.value).toBe('limited');
        expect(test.findings.value.https.state).toBe('good');

        status = 200;

        const run = test.start();

        await clock.advance(0);
        sockets[0]!.open();
        sockets[0]!.end(1013);
        await run;
        expect(test.error.value).toBe('busy');
        expect(test.findings.value.websocket.state).toBe('good');
    });

    it('needs HTTPS', async () => {
        const test = trial(false);

        await test.start();
        expect(test.findings.value.https)
            .toMatchObject({ state: 'bad', code: 'insecure' });
    });

    it('lets go of everything when it is left', async () => {
        const test = trial();

        void test.start();
        await serve();
        test.stop();
        await clock.advance(30_000);
        expect(test.state.value).toBe('idle');
        expect(peers.every((peer) => peer.closed)).toBe(true);
        expect(stopped).toBe(1);
    });

    it('makes nothing any more when it is left at once', async () => {
        const test = trial();

        void test.start();
        test.stop();
        await clock.advance(30_000);
        expect(sockets.length).toBe(0);
        expect(peers.length).toBe(0);
    });
});


describe('what follows from the figures', () => {
    const zero: Sample = { atMs: 0, rttMs: 0, available: 0, sent: 0,
        sentPackets: 0, lostUp: 0, received: 0, packets: 0, lostDown: 0,
        busy: false };
    const at = (i: number, more: Partial<Sample>): Sample =>
        ({ ...zero, atMs: i * 500, ...more });
    const series = (one: (i: number) => Partial<Sample>): Sample[] =>
        [...Array(20).keys()].map((i) => at(i, one(i)));

    it('is nothing without them', () => {
        expect(gauge([], 0).packets).toBe(0);
    });

    it('takes rates over a second, and the middle of the way', () => {
        const found = gauge(series((i) => ({ rttMs: i === 3 ? 900 : 50,
            sent: i * 50_000, received: i * 100_000, sentPackets: i * 50,
            packets: i * 90 })), 3_000);

        expect(found.rttMs).toBe(50);
        expect(found.up).toBe(800_000);
        expect(found.down).toBe(1_600_000);
        expect(found.lossUp).toBe(0);
    });

    it('calls a rate bad only where the computer keeps up', () => {
        expect(rateState(2_000_000, true)).toBe('good');
        expect(rateState(500_000, false)).toBe('fair');
        expect(rateState(200_000, false)).toBe('bad');
        expect(rateState(200_000, true)).toBe('fair');
    });

    it('tells a slow computer from a slow network', () => {
        const busy = (available: number): boolean =>
            gauge(series((i) => ({ sent: i * 25_000, available })), 0).busy;

        expect(busy(400_000)).toBe(false);
        expect(busy(900_000)).toBe(true);
        expect(busy(0)).toBe(false);
    });

    it('believes a browser that may send less than it did', () => {
        expect(gauge(series((i) => ({ sent: i * 100_000,
            available: 300_000 })), 0).up).toBe(300_000);
    });

    it('counts losses after the beginning only', () => {
        const found = gauge(series((i) => ({
            sentPackets: i * 100, lostUp: Math.min(i, 6) * 10 + i,
            packets: i * 95, lostDown: i * 5,
        })), 3_000);

        expect(found.lossUp).toBe(1);
        expect(found.lossDown).toBe(5);
    });
});
