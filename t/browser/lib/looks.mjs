// What can be said about the looks of a page without seeing it: no rule of the
// accessibility checker is broken, and nothing makes it scroll sideways.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(
    createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [[360, 740], [740, 360], [820, 1180], [1366, 768]];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];


export async function check(guest, where) {
    await axe(guest, where);
    await fits(guest, where);
}


/* The page's own policy lets no foreign script in; the driver may evaluate. */
async function axe(guest, where) {
    await guest.evaluate(AXE);

    const found = await guest.evaluate(async (rules) => {
        const { violations } = await window.axe.run(document,
            { runOnly: rules });

        return violations.map((v) => `${v.id}: ${v.nodes
            .map((n) => `${n.html.slice(0, 160)} ${n.failureSummary}`)
            .join(' | ')}`);
    }, RULES);

    assert.deepEqual(found, [], `${where} at ${guest.name}`);
}


async function fits(guest, where) {
    for (const [width, height] of SIZES) {
        await guest.page.setViewportSize({ width, height });

        const over = await guest.evaluate(() => {
            const root = document.documentElement;

            return root.scrollWidth <= window.innerWidth ? [] : [
                root.scrollWidth,
                ...[...document.querySelectorAll('body *')]
                    .filter((e) => e.getBoundingClientRect().right
                        > window.innerWidth)
                    .map((e) => e.outerHTML.slice(0, 80)),
            ];
        });

        assert.deepEqual(over, [], `${where} scrolls at ${width}`);
    }

    await guest.page.setViewportSize({ width: 1024, height: 640 });
}
