/*
 * What a connection test has measured: the browser's figures of both
 * connections every now and then, and what follows from them.
 */

export interface Sample {
    readonly atMs: number;
    readonly rttMs: number;             /* 0: not known */
    readonly available: number;         /* bit/s the browser thinks it may send */
    readonly sent: number;              /* bytes */
    readonly sentPackets: number;
    readonly lostUp: number;            /* of them, as the server reports */
    readonly received: number;          /* bytes, with what the server probes */
    readonly packets: number;           /* received */
    readonly lostDown: number;
    readonly busy: boolean;             /* the computer holds the picture back */
}

export interface Gauged {
    readonly rttMs: number;             /* the middle one; 0: not known */
    readonly lossUp: number;            /* percent */
    readonly lossDown: number;
    readonly up: number;                /* bit/s that got through, at least */
    readonly down: number;
    readonly packets: number;           /* that came back */
    readonly busy: boolean;
}

const WINDOW = 1_000;                   /* ms a rate is taken over */
const SLOW = 15;                        /* pictures a second, of 25 */

/*
 * A browser that would send so much more than it had to send is not held back
 * by the network.
 */
const MORE = 1.25;

type Row = Readonly<Record<string, unknown>>;


export async function sample(up: RTCPeerConnection, down: RTCPeerConnection,
    atMs: number): Promise<Sample>
{
    const sent = await rows(up);
    const received = await rows(down);
    const out = of(sent, 'outbound-rtp');
    const heard = of(sent, 'remote-inbound-rtp');
    const inbound = of(received, 'inbound-rtp');
    const pair = chosen(sent);
    const back = chosen(received);

    return {
        atMs,
        rttMs: 1000 * (number(pair, 'currentRoundTripTime')
            || number(back, 'currentRoundTripTime')
            || Math.max(0, ...heard.map((row) => number(row, 'roundTripTime')))),
        available: number(pair, 'availableOutgoingBitrate'),
        sent: Math.max(number(pair, 'bytesSent'), sum(out, 'bytesSent')),
        sentPackets: sum(out, 'packetsSent'),
        lostUp: sum(heard, 'packetsLost'),
        received: Math.max(number(back, 'bytesReceived'),
            sum(inbound, 'bytesReceived')),
        packets: sum(inbound, 'packetsReceived'),
        lostDown: sum(inbound, 'packetsLost'),
        busy: out.some((row) => row['qualityLimitationReason'] === 'cpu')
            || of(sent, 'media-source').some(isSlow),
    };
}


/* Losses are counted from `warmMs` on: before, everybody feels his way. */
export function gauge(samples: readonly Sample[], warmMs: number): Gauged {
    const first = samples[0];
    const last = samples[samples.length - 1];

    if (first === undefined || last === undefined) {
        return { rttMs: 0, lossUp: 0, lossDown: 0, up: 0, down: 0, packets: 0,
            busy: false };
    }

    const warm = samples.find((one) => one.atMs - first.atMs >= warmMs)
        ?? first;
    const lossUp = share(last.lostUp - warm.lostUp,
        last.sentPackets - warm.sentPackets);
    const lossDown = share(last.lostDown - warm.lostDown,
        last.lostDown - warm.lostDown + last.packets - warm.packets);
    const offered = fastest(samples, (one) => one.sent);
    const sent = offered * (1 - lossUp / 100);

    /*
     * What was sent may still lie in a queue.  A browser that tells what it
     * may send has seen that at the server's reports, so the lower counts
     * if it is lower.
     */
    const available = middle(samples.slice(-6)
        .map((one) => one.available).filter((one) => one > 0));

    return {
        rttMs: Math.round(middle(samples.map((one) => one.rttMs)
            .filter((one) => one > 0))),
        lossUp,
        lossDown,
        up: Math.round(available > 0 ? Math.min(sent, available) : sent),
        down: Math.round(fastest(samples, (one) => one.received)),
        packets: last.packets,
        busy: last.busy || available > MORE * offered,
    };
}


/* The picture itself comes more slowly than it is drawn. */
function isSlow(row: Row): boolean {
    return row['kind'] === 'video'
        && typeof row['framesPerSecond'] === 'number'
        && row['framesPerSecond'] < SLOW;
}


/* The highest rate over a window, bit/s. */
function fastest(samples: readonly Sample[],
    bytes: (one: Sample) => number): number
{
    let best = 0;

    for (const one of samples) {
        const before = samples.find((other) =>
            one.atMs - other.atMs <= WINDOW * 1.5
            && one.atMs - other.atMs >= WINDOW);

        if (before !== undefined) {
            best = Math.max(best, 8000 * (bytes(one) - bytes(before))
                / (one.atMs - before.atMs));
        }
    }

    return best;
}


function share(lost: number, all: number): number {
    return all <= 0 ? 0
        : Math.min(100, Math.max(0, Math.round((1000 * lost) / all) / 10));
}


function middle(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);

    return sorted[sorted.length >> 1] ?? 0;
}


/* The pair in use; browsers say so in different ways. */
function chosen(all: readonly Row[]): Row {
    const transport = of(all, 'transport')[0]?.['selectedCandidatePairId'];
    const pairs = of(all, 'candidate-pair');

    return pairs.find((row) => row['id'] === transport)
        ?? pairs.find((row) => row['selected'] === true)
        ?? pairs.find((row) => row['nominated'] === true) ?? {};
}


function of(all: readonly Row[], type: string): Row[] {
    return all.filter((row) => row['type'] === type);
}


function sum(all: readonly Row[], name: string): number {
    return all.reduce((total, row) => total + number(row, name), 0);
}


function number(row: Row, name: string): number {
    const value = row[name];

    return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}


async function rows(pc: RTCPeerConnection): Promise<Row[]> {
    const out: Row[] = [];

    (await pc.getStats()).forEach((row: Row) => out.push(row));
    return out;
}
