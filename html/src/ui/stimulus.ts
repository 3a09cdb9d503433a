/*
 * A picture that is hard to compress and a tone nobody hears: what a
 * connection test sends, made without camera and microphone.
 */

import { HEIGHT } from '../rtc/echo';
import type { Picture } from '../model/trial';

const WIDTH = (HEIGHT * 16) / 9;
const FPS = 25;
const GRAIN = 4;                /* pixels of the picture to one of the noise */


export function makePicture(): Picture {
    const canvas = document.createElement('canvas');
    const noise = document.createElement('canvas');
    const context = canvas.getContext('2d')!;

    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    grain(noise);

    function draw(): void {
        /* another cut of the same noise each time */
        context.drawImage(noise,
            Math.floor(Math.random() * WIDTH) - WIDTH,
            Math.floor(Math.random() * HEIGHT) - HEIGHT,
            2 * WIDTH, 2 * HEIGHT);
    }

    draw();

    const timer = setInterval(draw, 1000 / FPS);
    const [video] = canvas.captureStream(FPS).getVideoTracks();
    const tone = makeTone();

    return {
        video: video!,
        audio: tone?.track ?? null,

        stop() {
            clearInterval(timer);
            video!.stop();
            tone?.stop();
        },
    };
}


function grain(noise: HTMLCanvasElement): void {
    noise.width = (2 * WIDTH) / GRAIN;
    noise.height = (2 * HEIGHT) / GRAIN;

    const context = noise.getContext('2d')!;
    const image = context.createImageData(noise.width, noise.height);

    for (let i = 0; i < image.data.length; i++) {
        image.data[i] = i % 4 === 3 ? 255 : 64 + Math.random() * 128;
    }

    context.putImageData(image, 0, 0);
}


function makeTone(): { track: MediaStreamTrack; stop(): void } | null {
    if (typeof AudioContext === 'undefined') {
        return null;
    }

    const context = new AudioContext();
    const tone = context.createOscillator();
    const sink = context.createMediaStreamDestination();
    const [track] = sink.stream.getAudioTracks();

    tone.frequency.value = 440;
    tone.connect(sink);
    tone.start();
    void context.resume().catch(() => undefined);

    return {
        track: track!,

        stop() {
            track!.stop();
            void context.close().catch(() => undefined);
        },
    };
}
