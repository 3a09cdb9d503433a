import { signal } from '@preact/signals';

import { setLanguage, type Language } from '../i18n';

/* Colours and language; boot.js reads the same keys before the first paint. */

export type Theme = 'system' | 'light' | 'dark';

export const theme = signal<Theme>(stored());

function stored(): Theme {
    const value = read('meet.theme');

    return value === 'light' || value === 'dark' ? value : 'system';
}

function read(key: string): string | null {
    try {
        return localStorage.getItem(key);
    } catch {
        return null;
    }
}

function write(key: string, value: string | null): void {
    try {
        if (value === null) {
            localStorage.removeItem(key);
        } else {
            localStorage.setItem(key, value);
        }
    } catch {
        /* without storage the choice lasts as long as the page */
    }
}

export function chooseTheme(next: Theme): void {
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;

    theme.value = next;
    write('meet.theme', next === 'system' ? null : next);

    document.documentElement.dataset['theme'] =
        next === 'system' ? (dark ? 'dark' : 'light') : next;
}

export function chooseLanguage(next: Language): void {
    setLanguage(next);
    write('meet.lang', next);
}
