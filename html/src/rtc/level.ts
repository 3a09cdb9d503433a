/*
 * How loud the microphone is, several times a second, and what follows from
 * it: a meter, a hint for who talks while muted, a hint for a dead microphone.
 */

import type { Clock } from '../net/clock';
import { Alarm } from '../net/clock';

const LOOK = 66;            /* ms */
const FLOOR = -60;          /* dB: the meter's zero */
const SPEECH = 0.4;         /* of the meter: -36 dB */

export interface LevelHandlers {
    level(level: number): void;     /* 0 ... 1 */
    silent(silent: boolean): void;
    speaking(speaking: boolean): void;
}


export class LevelMeter {
    private context: AudioContext | null = null;
    private source: MediaStreamAudioSourceNode | null = null;
    private analyser: AnalyserNode | null = null;
    private samples = new Float32Array(0);
    private readonly alarm: Alarm;
    private readonly judge: LevelJudge;


    constructor(clock: Clock, private readonly handlers: LevelHandlers) {
        this.alarm = new Alarm(clock);
        this.judge = new LevelJudge(clock, handlers);
    }


    /* null: nothing to listen to. */
    listen(stream: MediaStream | null): void {
        this.alarm.clear();
        this.source?.disconnect();
        this.source = null;
        this.judge.reset();

        if (stream === null || typeof AudioContext === 'undefined') {
            this.handlers.level(0);
            void this.context?.suspend();
            return;
        }

        if (this.context === null) {
            this.context = new AudioContext();
            this.analyser = this.context.createAnalyser();
            this.analyser.fftSize = 1024;
            this.samples = new Float32Array(this.analyser.fftSize);
        }

        this.source = this.context.createMediaStreamSource(stream);
        this.source.connect(this.analyser!);
        this.look();
    }


    private look(): void {
        if (this.context?.state === 'running') {
            this.analyser!.getFloatTimeDomainData(this.samples);
            this.judge.hear(loudness(this.samples));

        } else if (this.context?.state === 'suspended') {
            /* some browsers want a click first: it may have come by now */
            void this.context.resume().catch(() => undefined);
        }

        this.alarm.set(LOOK, () => this.look());
    }
}


/* The conclusions, apart from the sound card. */
export class LevelJudge {
    private quietSince: number | null = null;
    private speech = 0;             /* rises while loud, falls while not */
    private silent = false;
    private speaking = false;


    constructor(
        private readonly clock: Clock,
        private readonly handlers: LevelHandlers,
    ) {}


    reset(): void {
        this.quietSince = null;
        this.speech = 0;
        this.say(false, false);
    }


    /* `level`: 0 ... 1, exactly 0 only for digital silence. */
    hear(level: number): void {
        const now = this.clock.now();

        this.quietSince = level > 0 ? null : this.quietSince ?? now;

        /* half a second of speech to begin, two of its absence to end */
        this.speech = level >= SPEECH
            ? Math.min(40, this.speech + 5) : Math.max(0, this.speech - 1);

        this.handlers.level(level);
        this.say(this.quietSince !== null && now - this.quietSince >= 3_000,
            this.speaking ? this.speech > 0 : this.speech >= 35);
    }


    private say(silent: boolean, speaking: boolean): void {
        if (silent !== this.silent) {
            this.silent = silent;
            this.handlers.silent(silent);
        }

        if (speaking !== this.speaking) {
            this.speaking = speaking;
            this.handlers.speaking(speaking);
        }
    }
}


export function loudness(samples: Float32Array): number {
    let sum = 0;

    for (const sample of samples) {
        sum += sample * sample;
    }

    if (sum === 0) {
        return 0;
    }

    return Math.max(0.001,
        scale(10 * Math.log10(sum / samples.length)));
}


/* Decibels below full scale -> 0 ... 1, for all meters alike. */
export function scale(db: number): number {
    return Math.min(1, Math.max(0, 1 - db / FLOOR));
}
