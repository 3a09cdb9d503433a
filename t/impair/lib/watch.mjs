// What a page sees of others: samples of getStats() five times a second, taken
// in the page, and what can be said of a stretch of them.

const STEP_MS = 200;
const GAP_MS = 600;         /* without a new picture: it stands still */
const HEADERS = 56;         /* bytes of IPv4, UDP, RTP and the tag of SRTP */
const STEADY_MS = 4000;     /* until then sound and picture find together */
const CALM_MS = 10_000;     /* a layer that was just reached is kept so long */


/* Runs in the page, which has window.peers (watchPeers). */
export function sample(step) {
    const FIELDS = {
        video: ['framesDecoded', 'frameHeight', 'freezeCount',
            'totalFreezesDuration', 'bytesReceived', 'packetsReceived',
            'retransmittedBytesReceived', 'retransmittedPacketsReceived',
            'estimatedPlayoutTimestamp'],
        audio: ['bytesReceived', 'packetsReceived',
            'retransmittedBytesReceived', 'retransmittedPacketsReceived',
            'totalSamplesReceived', 'concealedSamples',
            'silentConcealedSamples', 'jitterBufferDelay',
            'jitterBufferEmittedCount', 'estimatedPlayoutTimestamp'],
    };

    window.samples = [];

    /* which stream each section is of: what is played together */
    function streams(peer) {
        return new Map((peer.remoteDescription?.sdp ?? '').split('\r\nm=')
            .map((section) => [section.match(/^a=mid:(.*)$/m)?.[1].trim(),
                section.match(/^a=msid:(\S+)/m)?.[1]]));
    }

    async function take() {
        const rows = new Map();
        const audio = [];

        for (const peer of window.peers) {
            if (peer.connectionState !== 'connected') {
                continue;
            }

            const of = streams(peer);

            for (const [, s] of await peer.getStats()) {
                if (s.type === 'inbound-rtp') {
                    const row = Object.fromEntries(FIELDS[s.kind]
                        .map((name) => [name, s[name] ?? 0]));

                    row.stream = of.get(s.mid);

                    rows.set(s.trackIdentifier, row);

                    if (s.kind === 'audio') {
                        audio.push({ id: s.mid ?? s.id, ...row });
                    }
                }
            }
        }

        const tiles = [...document.querySelectorAll('[data-source]')]
            .map((tile) => {
                const track = tile.querySelector('video')?.srcObject
                    ?.getVideoTracks()[0];

                return {
                    source: Number(tile.dataset.source),
                    asked: tile.clientHeight * window.devicePixelRatio,
                    still: tile.classList.contains('still'),
                    row: rows.get(track?.id) ?? null,
                };
            })
            .filter((tile) => tile.source % 4 !== 0);

        window.samples.push({
            at: performance.timeOrigin + performance.now(), tiles, audio,
        });
    }

    let busy = false;

    setInterval(() => {
        if (!busy) {
            busy = true;
            take().catch((error) => console.error(String(error)))
                .finally(() => { busy = false; });
        }
    }, step);
}

sample.step = STEP_MS;


/* The layer that fills the tile: four fifths of its height are enough. */
export function layerFor(asked, heights) {
    return heights.find((height) => height >= asked * 4 / 5) ?? heights.at(-1);
}


/*
 * One picture over the samples; gaps where it stood still, by the browser's
 * own count or ours, whichever is more: the browser's knows of a freeze only
 * when it is over, ours knows nothing short.  What the page marks as a still is
 * not frozen.  A gap during which nothing is sent of the picture, but for what
 * ends it, is `rest`: the server has taken it back.
 */
function picture(source, samples) {
    const seen = samples.map((s) => {
        const tile = s.tiles.find((t) => t.source === source);

        return { at: s.at, row: tile?.row ?? null,
            still: tile?.still ?? false };
    });
    const there = seen.filter((one) => one.row !== null);
    const first = there[0]?.row;
    const last = there.at(-1)?.row;
    const gaps = standing(seen);
    const counted = first === undefined ? 0
        : 1000 * (last.totalFreezesDuration - first.totalFreezesDuration);
    const marked = gaps.reduce((sum, gap) => sum + gap.marked, 0);
    const resting = gaps.filter((gap) => gap.packets === 0)
        .reduce((sum, gap) => sum + gap.ms, 0);

    return {
        source,
        frames: more(first, last, 'framesDecoded'),
        freezes: more(first, last, 'freezeCount'),
        frozenMs: Math.min(Math.max(counted - marked,
            gaps.reduce((sum, gap) => sum + gap.ms, 0)),
        samples.at(-1).at - samples[0].at),
        restMs: resting,
        gapMs: Math.max(0, ...gaps.map((gap) => gap.ms)),
        activeGapMs: Math.max(0, ...gaps.filter((gap) => gap.packets > 0)
            .map((gap) => gap.ms)),
        heights: changes(there),
        height: last?.frameHeight ?? 0,
        stands: gaps.at(-1)?.last ?? false,
        still: seen.at(-1).still,
        bytes: carried(first, last),
    };
}


/*
 * Stretches without a new picture, as far as there were samples; `last`: it
 * stands still in the end.
 */
function standing(seen) {
    const gaps = [];
    let before = null;
    let gap = { ms: 0, marked: 0, packets: 0 };
    const end = (last) => {
        if (gap.ms + gap.marked >= GAP_MS) {
            gaps.push({ ...gap, last });
        }

        gap = { ms: 0, marked: 0, packets: 0 };
    };

    for (const { at, row, still } of seen) {
        if (before !== null) {
            gap[still ? 'marked' : 'ms'] +=
                Math.min(at - before.at, 2 * STEP_MS);

            if (more(before.row, row, 'framesDecoded') !== 0) {
                end(false);

            } else {
                gap.packets += more(before.row, row, 'packetsReceived');
            }
        }

        before = { at, row };
    }

    end(true);

    return gaps;
}


function changes(there) {
    const heights = [];

    for (const { at, row } of there) {
        if (row.frameHeight !== 0
            && row.frameHeight !== heights.at(-1)?.height)
        {
            heights.push({ at, height: row.frameHeight });
        }
    }

    return heights;
}


function more(before, after, name) {
    return (after?.[name] ?? 0) - (before?.[name] ?? 0);
}


/* Bytes of media packets, without padding and retransmissions. */
function carried(first, last) {
    const once = (bytes, again) =>
        more(first, last, bytes) - more(first, last, again);

    return first === undefined ? 0
        : once('bytesReceived', 'retransmittedBytesReceived')
            + HEADERS * once('packetsReceived', 'retransmittedPacketsReceived');
}


/* The sound of whoever is heard most: the others are silent. */
function sound(samples) {
    const before = new Map(samples[0].audio.map((row) => [row.id, row]));
    const all = samples.at(-1).audio
        .filter((row) => before.has(row.id))
        .map((row) => {
            const from = before.get(row.id);
            const made = more(from, row, 'concealedSamples')
                - more(from, row, 'silentConcealedSamples');

            return {
                packets: more(from, row, 'packetsReceived'),
                bytes: carried(from, row),
                concealedPercent: 100 * made
                    / Math.max(1, more(from, row, 'totalSamplesReceived')),
                bufferMs: 1000 * more(from, row, 'jitterBufferDelay')
                    / Math.max(1, more(from, row, 'jitterBufferEmittedCount')),
            };
        })
        .sort((a, b) => b.packets - a.packets);

    return { ...all[0], bytes: all.reduce((sum, one) => sum + one.bytes, 0) };
}


/*
 * By how many ms the sound and the picture of who is heard are apart, in 19 of
 * 20 samples at most; null: the browser does not say.
 */
function skew(samples) {
    const all = [];

    for (const [i, s] of samples.slice(1).entries()) {
        for (const sound of s.audio) {
            const before = samples[i].audio.find((row) => row.id === sound.id);
            const picture = s.tiles.find((tile) => tile.row !== null
                && tile.row.stream === sound.stream)?.row;

            if (sound.stream !== undefined
                && more(before, sound, 'packetsReceived') > 0
                && sound.estimatedPlayoutTimestamp > 0
                && picture?.estimatedPlayoutTimestamp > 0)
            {
                all.push(Math.abs(sound.estimatedPlayoutTimestamp
                    - picture.estimatedPlayoutTimestamp));
            }
        }
    }

    all.sort((a, b) => a - b);

    return all.at(-1) > 0 ? all[Math.floor(all.length * 0.95)] : null;
}


/* How often it went up and soon down again although nothing got worse. */
function flaps(heights, worse) {
    let count = 0;

    for (let i = 2; i < heights.length; i++) {
        const [a, b, c] = heights.slice(i - 2, i + 1);

        count += b.height > a.height && c.height < b.height
            && c.at - b.at < CALM_MS
            && !worse.some((at) => at >= b.at && at <= c.at);
    }

    return count;
}


/* `worse`: times at which the network got worse. */
export function judge(samples, from, to, worse = []) {
    const some = samples.filter((s) => s.at >= from && s.at <= to);

    if (some.length < 2) {
        throw new Error('the page took no samples');
    }

    const sources = [...new Set(some.flatMap((s) =>
        s.tiles.map((t) => t.source)))].sort((a, b) => a - b);
    const pictures = sources.map((source) => picture(source, some))
        .filter((one) => one.frames > 0 || one.height > 0);
    const ms = some.at(-1).at - some[0].at;
    const audio = sound(some);
    const sum = (value) => pictures.reduce((all, p) => all + value(p), 0);

    return {
        seconds: ms / 1000,
        pictures,
        frozenPercent: 100 * sum((p) => p.frozenMs)
            / Math.max(1, ms * pictures.length),
        freezes: sum((p) => p.freezes),
        gapMs: Math.max(0, ...pictures.map((p) => p.gapMs)),
        heights: pictures.map((p) => p.height),
        moving: pictures.filter((p) => !p.stands).length,
        stills: pictures.filter((p) => p.still).length,
        flaps: sum((p) => flaps(p.heights, worse)),
        concealedPercent: audio.concealedPercent ?? 0,
        bufferMs: audio.bufferMs ?? 0,
        skewMs: skew(some.filter((s) => s.at >= from + STEADY_MS)),
        mediaKbps: (sum((p) => p.bytes) + (audio.bytes ?? 0)) * 8 / ms,
    };
}


/* ms from `from` until every one of `count` tiles has the layer it asks for */
export function settled(samples, from, count, heights) {
    const done = samples.find((s) => {
        const tiles = s.tiles.filter((t) => t.row !== null);

        return s.at >= from && tiles.length >= count && tiles.every((t) =>
            t.row.frameHeight === layerFor(t.asked, heights));
    });

    return done === undefined ? Infinity : done.at - from;
}
