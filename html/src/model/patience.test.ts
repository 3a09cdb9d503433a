import { beforeEach, describe, expect, it } from 'vitest';

import { Patience } from './patience';

const CLEAN = { lossPercent: 0, packets: 500, sendKbps: 0, receiveKbps: 0 };
const LOSSY = { ...CLEAN, lossPercent: 5 };


describe('keeping pictures back', () => {
    let patience: Patience;
    let now: number;

    function look(rates: typeof CLEAN | null, rttMs: number): number {
        now += 2_000;
        return patience.look(now, rates, rttMs);
    }

    beforeEach(() => {
        patience = new Patience();
        now = 0;
    });

    it('waits for a round trip where packets get lost', () => {
        expect(look(CLEAN, 80)).toBe(0);
        expect(look(null, 80)).toBe(0);
        expect(look({ ...LOSSY, packets: 10 }, 80)).toBe(0);
        expect(look(LOSSY, 80)).toBe(80);
        expect(look(CLEAN, 80)).toBe(80);
    });

    it('goes on for a while, and then no more', () => {
        look(LOSSY, 80);

        for (let i = 0; i < 14; i++) {
            expect(look(CLEAN, 80)).toBe(80);
        }

        expect(look(CLEAN, 80)).toBe(0);
    });

    it('does not count the time in a queue', () => {
        look(CLEAN, 40);
        expect(look(LOSSY, 330)).toBe(40);
    });

    it('follows another way, but does not tremble', () => {
        look(LOSSY, 80);
        expect(look(LOSSY, 70)).toBe(80);
        expect(look(LOSSY, 30)).toBe(30);

        for (let i = 0; i < 5; i++) {
            look(LOSSY, 900);
        }

        expect(look(LOSSY, 900)).toBe(200);
    });

    it('needs a round trip that is known', () => {
        expect(look(LOSSY, 0)).toBe(0);
        expect(look(LOSSY, 60)).toBe(60);
    });
});
