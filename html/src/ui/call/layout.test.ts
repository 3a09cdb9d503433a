import { describe, expect, it } from 'vitest';

import {
    GAP, PAGER, arrange, focus, grid, largestPage, pageCount, pageSize, perPage,
} from './layout';

describe('grid', () => {
    const stages = [[344, 560], [716, 250], [820, 980], [1340, 620], [1900, 930]];

    it('stays inside the stage and has room for everybody', () => {
        for (const [w, h] of stages as [number, number][]) {
            for (let n = 1; n <= 25; n++) {
                const g = grid(n, w, h);

                expect(g.columns * g.rows).toBeGreaterThanOrEqual(n);
                expect(g.columns * g.width + GAP * (g.columns - 1)).toBeLessThanOrEqual(w);
                expect(g.rows * g.height + GAP * (g.rows - 1)).toBeLessThanOrEqual(h);
            }
        }
    });

    it('puts two side by side on a desktop and above each other on a phone', () => {
        expect(grid(2, 1340, 620).columns).toBe(2);
        expect(grid(2, 344, 560).columns).toBe(1);
    });

    it('uses most of the space with four', () => {
        const g = grid(4, 1340, 620);

        expect((4 * g.width * g.height) / (1340 * 620)).toBeGreaterThan(0.75);
    });

    it('gives nothing where there is no space', () => {
        expect(grid(3, 0, 0).width).toBe(0);
    });
});

describe('pages', () => {
    it('never exceed what the device asked for', () => {
        expect(pageSize(344, 560, largestPage(360, 740))).toBeLessThanOrEqual(8);
        expect(largestPage(1920, 1080)).toBe(25);
        expect(pageSize(1900, 930, 25)).toBe(25);
    });

    it('are balanced', () => {
        expect(perPage(26, 25)).toBe(13);
        expect(pageCount(26, 13)).toBe(2);
        expect(perPage(0, 25)).toBe(1);
        expect(pageCount(0, 25)).toBe(1);
    });
});

describe('arrange', () => {
    const none = new Map<string, number>();

    it('keeps places and queues newcomers', () => {
        expect(arrange(['a', 'b', 'c'], ['d', 'c', 'a'], 9, null, null, none))
            .toEqual(['a', 'c', 'd']);
    });

    it('brings a speaker to the first page for the longest silent', () => {
        const spoke = new Map([['b', 5], ['c', 9]]);

        expect(arrange(['me', 'b', 'c', 'd'], ['me', 'b', 'c', 'd'], 3, 'd', 'me', spoke))
            .toEqual(['me', 'd', 'c', 'b']);
    });

    it('moves nobody when the speaker is already there', () => {
        expect(arrange(['a', 'b'], ['a', 'b'], 2, 'b', null, none)).toEqual(['a', 'b']);
    });

    it('never moves oneself', () => {
        expect(arrange(['me', 'b'], ['me', 'b'], 1, 'b', 'me', none)).toEqual(['me', 'b']);
    });
});

describe('focus', () => {
    it('puts the strip where there is space', () => {
        expect(focus(1340, 620, 8).side).toBe('right');
        expect(focus(344, 560, 8).side).toBe('bottom');
    });

    it('always shows somebody beside the screen', () => {
        expect(focus(320, 120, 8).strip).toBeGreaterThan(0);
    });

    it('leaves room for the page buttons only when they are needed', () => {
        const many = focus(1340, 620, 30);
        const line = many.strip * (many.height + GAP);

        expect(line + PAGER).toBeLessThanOrEqual(620 + GAP);
        expect(focus(1340, 620, many.strip).strip).toBeGreaterThanOrEqual(many.strip);
    });
});
