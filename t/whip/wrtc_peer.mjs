// libwebrtc in Node as an encoder or a player: URL KEY SECONDS.

import wrtc from '@roamhq/wrtc';

const { RTCPeerConnection, nonstandard } = wrtc;
const { RTCAudioSink, RTCAudioSource, RTCVideoSink, RTCVideoSource } =
    nonstandard;

const [url, key, seconds] = process.argv.slice(2);
const publishes = url.includes('/whip/');
const headers = { Authorization: 'Bearer ' + key };
const seen = { video: 0, audio: 0, width: 0 };
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

await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
await new Promise((done) => setTimeout(done, Number(seconds) * 1000));

const state = pc.connectionState;
const { status: closed } = await fetch(at, { method: 'DELETE', headers });

stop();
pc.close();
console.log(JSON.stringify({ state, closed, ...seen }));
process.exit(0);
