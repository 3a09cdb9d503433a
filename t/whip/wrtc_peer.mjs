// libwebrtc in Node as an encoder, until its input ends, or as a player, until
// it has seen enough, both with an ICE restart in between: URL KEY SECONDS.

import wrtc from '@roamhq/wrtc';

const { RTCPeerConnection, nonstandard } = wrtc;
const { RTCAudioSink, RTCAudioSource, RTCVideoSink, RTCVideoSource } =
    nonstandard;

const [url, key, seconds] = process.argv.slice(2);
const publishes = url.includes('/whip/');
const headers = { Authorization: 'Bearer ' + key };
const seen = { video: 0, audio: 0, width: 0, after: 0 };
const end = Date.now() + Number(seconds) * 1000;
let told = false;

process.stdin.on('end', () => { told = true; }).resume();
const width = 320;
const height = 240;


function send(pc) {
    const video = new RTCVideoSource();
    const audio = new RTCAudioSource();
    const data = new Uint8ClampedArray(width * height * 1.5);
    const samples = new Int16Array(480);
    let n = 0;
    let at = 0;

    pc.addTransceiver(audio.createTrack(), { direction: 'sendonly' });
    pc.addTransceiver(video.createTrack(), { direction: 'sendonly' });

    const pictures = setInterval(() => {
        data.fill(96, 0, width * height);
        data.fill(128, width * height);
        data.fill(224, (n * 8 % (height - 32)) * width,
            (n * 8 % (height - 32) + 32) * width);
        n++;
        video.onFrame({ width, height, data });
    }, 1000 / 15);

    const sound = setInterval(() => {
        for (let i = 0; i < 480; i++) {
            samples[i] = Math.sin((at++) * 440 * 2 * Math.PI / 48000) * 8000;
        }

        audio.onData({ samples, sampleRate: 48000, bitsPerSample: 16,
            channelCount: 1, numberOfFrames: 480 });
    }, 10);

    return () => {
        clearInterval(pictures);
        clearInterval(sound);
    };
}


function play(pc) {
    const sinks = [];

    pc.addTransceiver('audio', { direction: 'recvonly' });
    pc.addTransceiver('video', { direction: 'recvonly' });

    pc.ontrack = ({ track }) => {
        const sink = track.kind === 'video' ? new RTCVideoSink(track)
            : new RTCAudioSink(track);

        sinks.push(sink);
        sink.onframe = ({ frame }) => {
            seen.video++;
            seen.width = frame.width;
        };
        sink.ondata = ({ samples }) => {
            if (samples.some((s) => Math.abs(s) > 1000)) {
                seen.audio++;
            }
        };
    };

    return () => sinks.forEach((sink) => sink.stop());
}


async function until(done) {
    while (Date.now() < end && !done()) {
        await new Promise((wake) => setTimeout(wake, 100));
    }
}


// RFC 9725 section 4.3.3: only what is about ICE goes over
async function restart() {
    const offer = await pc.createOffer({ iceRestart: true });
    const names = ['a=ice-ufrag:', 'a=ice-pwd:'];

    await pc.setLocalDescription(offer);

    const answer = await fetch(at, { method: 'PATCH', headers: {
        ...headers, 'Content-Type': 'application/trickle-ice-sdpfrag',
        'If-Match': '*' }, body: names.map((name) =>
        offer.sdp.match(new RegExp(name + '.*'))[0] + '\r\n').join('') });
    const fragment = await answer.text();

    await pc.setRemoteDescription({ type: 'answer', sdp: names.reduce(
        (sdp, name) => sdp.replaceAll(new RegExp(name + '.*', 'g'),
            fragment.match(new RegExp(name + '.*'))?.[0]), remote) });

    return answer.status;
}


const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
const stop = publishes ? send(pc) : play(pc);

await pc.setLocalDescription(await pc.createOffer());

const answer = await fetch(url, { method: 'POST', headers: {
    ...headers, 'Content-Type': 'application/sdp' },
    body: pc.localDescription.sdp });

if (answer.status !== 201) {
    throw new Error(`status ${answer.status}: ${await answer.text()}`);
}

const at = new URL(answer.headers.get('Location'), url);

const remote = await answer.text();

await pc.setRemoteDescription({ type: 'answer', sdp: remote });
await until(() => publishes ? pc.connectionState === 'connected'
    : seen.video > 10 && seen.audio > 10);
seen.restart = await restart();

const before = seen.video;

await until(() => publishes ? told
    : seen.video > before + 40 && seen.audio > 50);
seen.after = seen.video - before;

const state = pc.connectionState;
const { status: closed } = await fetch(at, { method: 'DELETE', headers });

stop();
pc.close();
console.log(JSON.stringify({ state, closed, ...seen }));
process.exit(0);
