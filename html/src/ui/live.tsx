import { signal } from '@preact/signals';
import type { JSX } from 'preact';

/*
 * One polite and one assertive live region for the whole page.  Texts that
 * arrive together are read together; repeating a text is heard again because
 * the region was emptied in between.
 */
const polite = signal('');
const assertive = signal('');
const GATHER_MS = 250;
const KEEP_MS = 4000;

let queue: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string, urgent = false): void {
    if (urgent) {
        assertive.value = '';
        setTimeout(() => {
            assertive.value = text;
        }, 30);

        return;
    }

    queue.push(text);
    clearTimeout(timer);

    timer = setTimeout(() => {
        polite.value = queue.join(' ');
        queue = [];

        timer = setTimeout(() => {
            polite.value = '';
        }, KEEP_MS);
    }, GATHER_MS);
}

export function LiveRegions(): JSX.Element {
    return (
        <>
            <div class="sr" role="status" aria-live="polite">
                {polite.value}
            </div>
            <div class="sr" role="alert" aria-live="assertive">
                {assertive.value}
            </div>
        </>
    );
}
