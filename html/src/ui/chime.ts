/* Two soft tones for what must not be missed: somebody waits at the door. */

const TONES = [587, 784];
const EACH_S = 0.18;
const LOUD = 0.08;

export function chime(): void {
    let context: AudioContext;

    try {
        context = new AudioContext();
    } catch {
        return;
    }

    TONES.forEach((hertz, i) => {
        const at = context.currentTime + i * EACH_S;
        const tone = context.createOscillator();
        const gain = context.createGain();

        tone.frequency.value = hertz;
        gain.gain.setValueAtTime(0, at);
        gain.gain.linearRampToValueAtTime(LOUD, at + 0.02);
        gain.gain.exponentialRampToValueAtTime(0.0001, at + 2 * EACH_S);
        tone.connect(gain).connect(context.destination);
        tone.start(at);
        tone.stop(at + 2 * EACH_S);
    });

    setTimeout(() => void context.close(), 1500);
}
