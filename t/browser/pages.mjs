// Every page: no rule of the accessibility checker is broken in either colour
// scheme, nothing scrolls sideways at 360 pixels, the keyboard alone suffices,
// and the join page stays small.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { check } from './lib/looks.mjs';
import { withStack } from './lib/test.mjs';

const JOIN_PAGE_BYTES = 100_000;

describe('pages', () => {
    const world = withStack();
    let share;

    for (const [colorScheme, locale] of [['light', 'de-DE'], ['dark', 'en-US']])
    {
        world.test(`are accessible and fit: ${colorScheme}, ${locale}`,
            async () => {
                const { browsers, stack } = world;
                const guest = await browsers.chromium(colorScheme,
                    { colorScheme, locale });

                await guest.goto(stack.url);
                assert.equal(await guest.evaluate(() =>
                    document.documentElement.lang), locale.slice(0, 2));
                await check(guest, 'landing');

                share = await guest.create(stack.url);
                await guest.waitFor('.qr');
                await check(guest, 'share card');

                await guest.click('.created-head .btn.primary');
                await guest.waitFor('.join-form');
                await guest.devices('both');
                await check(guest, 'join');

                await guest.enter();
                await check(guest, 'call, alone');

                const other = await browsers.chromium(`other ${colorScheme}`);

                await other.join(share.classLink);
                await guest.sees(other.name);
                await guest.say('https://example.org/a and *b*');
                await check(guest, 'call with chat');

                await guest.click('.controls [data-panel=people]');
                await guest.waitFor('.people');
                await check(guest, 'call with people');

                await guest.page.keyboard.press('Escape');
                await guest.page.keyboard.press('?');
                await guest.waitFor('dialog[open]');
                await check(guest, 'help');
                await guest.page.keyboard.press('Escape');

                await guest.menu(locale === 'de-DE'
                    ? 'Über diesen Raum' : 'About this room');
                await guest.waitFor('dialog[open] .kept');
                await check(guest, 'about the room');
                await saysWhatIsKept(guest);
                await guest.page.keyboard.press('Escape');

                await guest.menu(locale === 'de-DE'
                    ? 'Statistik' : 'Statistics');
                await guest.waitFor('.stats dl');
                await check(guest, 'statistics');
                await copiesNoAddress(guest);
                await guest.page.keyboard.press('Escape');

                await guest.click('.controls [aria-keyshortcuts=D]');
                await guest.waitFor('.own-screen .motion');
                await check(guest, 'call while sharing');
                await guest.click('.own-screen .btn:last-child');

                await guest.click('.topbar .grow ~ .btn');
                await guest.waitFor('dialog[open] .qr');
                await check(guest, 'invitation');
                await guest.page.keyboard.press('Escape');
                await guest.until('the dialog to close', () =>
                    document.querySelector('dialog') === null);

                await other.click('.ctl.leave');
                await other.waitFor('.message h1');
                await check(other, 'end page');
            });
    }

    /* Chat, room, media, and the day on which all that ends. */
    async function saysWhatIsKept(guest) {
        const kept = await guest.evaluate(() =>
            [...document.querySelectorAll('dialog[open] .kept li')]
                .map((li) => li.innerText));
        const year = new Date().getFullYear();

        assert.equal(kept.length, 4, kept.join(' | '));
        assert.match(kept[0], /chat/i);
        assert.match(kept[3], new RegExp(`${year}|${year + 1}`));
    }

    /* What is copied for support: lines of numbers. */
    async function copiesNoAddress(guest) {
        await guest.evaluate(() => {
            navigator.clipboard.writeText = async (text) => {
                window.copied = text;
            };
        });
        await guest.click('.stats-foot .btn');
        await guest.until('the copy', () => window.copied !== undefined);

        const lines = await guest.evaluate(() => window.copied.split('\n')
            .filter((line) => line !== navigator.userAgent));

        assert.ok(lines.length > 8, lines.join('\n'));
        assert.doesNotMatch(lines.join('\n'),
            /\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f]*:[0-9a-f]*:|candidate|ufrag/i);
    }

    world.test('an unknown room and the password question as well',
        async () => {
            const guest = await world.browsers.chromium('stranger');

            await guest.goto(share.roomLink);
            await guest.waitFor('.join-form input[name=secret]');
            await check(guest, 'join with password');

            await guest.goto(`${world.stack.url}never-was`);
            await guest.waitFor('.message h1');
            await guest.until('the answer', () =>
                /does not exist/.test(document.body.innerText));
            await check(guest, 'no room');
        });

    world.test('the keyboard alone leads from the start into a call',
        async () => {
            const guest = await world.browsers.chromium('Keys');
            const { keyboard } = guest.page;

            /* the focus can be seen, at the element or at what stands for it */
            async function seen() {
                assert.ok(await guest.evaluate(() => {
                    const focus = document.activeElement;
                    const mark = (element) => {
                        const style = getComputedStyle(element);

                        return style.outlineStyle !== 'none'
                            && parseFloat(style.outlineWidth) >= 2;
                    };

                    /* the page as a whole, where the next Tab begins */
                    return focus === document.body || focus.matches('main')
                        || mark(focus)
                        || (focus.matches('input')
                            && [...focus.parentElement.children].some(mark));
                }), await guest.evaluate(() =>
                    `no focus to be seen: ${document.activeElement.outerHTML
                        .slice(0, 200)}`));
            }

            /* presses Tab until the wanted element has the focus */
            async function tabTo(selector) {
                for (let i = 0; i < 40; i++) {
                    await keyboard.press('Tab');
                    await seen();

                    if (await guest.evaluate((s) =>
                        document.activeElement?.matches(s) ?? false, selector))
                    {
                        return;
                    }
                }

                assert.fail(`Tab never reaches ${selector}`);
            }

            await guest.goto(world.stack.url);
            await tabTo('input[name=room]');
            await keyboard.type('Keys only');
            await keyboard.press('Enter');
            await guest.waitFor('.share');
            await tabTo('.created-head .btn.primary');
            await keyboard.press('Enter');
            await guest.waitFor('.join-form');
            await tabTo('.join-form input[name=name]');
            await keyboard.type('Keys');
            await guest.devices('both');
            await tabTo('.join-form .btn.primary');
            await keyboard.press('Enter');
            await guest.inCall();

            await tabTo('.controls [aria-keyshortcuts=M]');
            await keyboard.press('Space');
            await guest.until('the closed microphone', () =>
                !window.meet.media.micOn.value && document.querySelector(
                    '.controls [aria-keyshortcuts=M]')
                    .getAttribute('aria-pressed') === 'false');

            await keyboard.press('c');
            await guest.waitFor('.compose textarea');
            await keyboard.type('mvdcp are letters here');
            await keyboard.press('Enter');
            await guest.until('the message', () =>
                document.querySelector('.message-text')?.innerText
                    === 'mvdcp are letters here');
            await keyboard.press('Escape');
            await guest.until('the panel to close', () =>
                document.querySelector('.panel') === null);

            await guest.evaluate(() =>
                window.meet.setPreferences({ shortcuts: false }));
            await keyboard.press('p');
            await keyboard.press('?');
            assert.equal(await guest.evaluate(() =>
                document.querySelector('.panel, dialog')), null,
            'shortcuts are off');

            await tabTo('.ctl.leave');
            await keyboard.press('Enter');
            await guest.waitFor('dialog[open]');
            await tabTo('dialog input[type=checkbox]');
            await keyboard.press('Space');
            await tabTo('dialog .dialog-actions .btn:last-child');
            await keyboard.press('Enter');
            await guest.waitFor('.message h1');
            assert.equal(await guest.phase(), 'ended');
        });

    world.test('toggles tell their state', async () => {
        const guest = await world.browsers.chromium('State');

        await guest.join(share.classLink);

        const pressed = () => guest.evaluate(() => document
            .querySelector('.controls [aria-keyshortcuts=M]')
            .getAttribute('aria-pressed'));

        assert.equal(await pressed(), 'true');
        await guest.page.keyboard.press('m');
        await guest.until('the microphone to be off', () =>
            !window.meet.media.micOn.value);
        assert.equal(await pressed(), 'false');

        await guest.page.keyboard.down(' ');
        await guest.until('the open microphone', () =>
            window.meet.media.micOn.value);
        await guest.page.keyboard.up(' ');
        await guest.until('the closed microphone', () =>
            !window.meet.media.micOn.value);
    });

    world.test('what the join page loads stays small', async (t) => {
        const guest = await world.browsers.chromium('Meter');

        await guest.goto(share.classLink);
        await guest.waitFor('.join-form');
        await guest.until('everything to be loaded', () => performance
            .getEntriesByType('resource')
            .some((entry) => /assets\/call-.*js/.test(entry.name)));

        const bytes = await guest.evaluate(() => performance
            .getEntriesByType('resource')
            .concat(performance.getEntriesByType('navigation'))
            .reduce((sum, entry) => sum + entry.transferSize, 0));

        t.diagnostic(`${bytes} bytes, the prepared call included`);
        assert.ok(bytes > 10_000 && bytes < JOIN_PAGE_BYTES, `${bytes}`);
    });

    world.test('no page broke its own security policy', () => {
        for (const guest of world.browsers.guests) {
            const bad = guest.console.filter((line) =>
                /pageerror|Content.Security.Policy|Refused to/i.test(line));

            assert.deepEqual(bad, [], guest.name);
        }
    });
});
