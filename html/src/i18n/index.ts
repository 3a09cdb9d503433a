import { signal } from '@preact/signals';

import { de } from './de';
import { en, type Dictionary, type Key } from './en';

export type { Key } from './en';

export type Language = 'de' | 'en';

export const LANGUAGES: readonly {
    id: Language;
    name: string;
    short: string;
}[] = [
    { id: 'de', name: 'Deutsch', short: 'DE' },
    { id: 'en', name: 'English', short: 'EN' },
];

const dictionaries: Record<Language, Dictionary> = { de, en };

export const language = signal<Language>('en');

export type Params = Record<string, string | number>;

/* The text in the current language; reading it subscribes the component. */
export function t(key: Key, params?: Params): string {
    return fill(dictionaries[language.value][key], params);
}

/* The form of a countable thing: keys name_one and name_other. */
export function plural(
    base: 'unread' | 'people_count' | 'lobby_count',
    n: number,
): string {
    const form = new Intl.PluralRules(language.value).select(n);

    return t(form === 'one' ? `${base}_one` : `${base}_other`, { n });
}

export function fill(text: string, params?: Params): string {
    if (params === undefined) {
        return text;
    }

    return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
        name in params ? String(params[name]) : whole,
    );
}

export function formatNumber(n: number): string {
    return new Intl.NumberFormat(language.value).format(n);
}

export function formatDate(seconds: number): string {
    return new Intl.DateTimeFormat(language.value, {
        dateStyle: 'long',
    }).format(new Date(seconds * 1000));
}

export function formatShortDate(seconds: number): string {
    return new Intl.DateTimeFormat(language.value, {
        day: 'numeric',
        month: 'short',
    }).format(new Date(seconds * 1000));
}

/* A time of day today, a date and time before. */
export function formatTime(ms: number, now: number): string {
    const then = new Date(ms);
    const today = then.toDateString() === new Date(now).toDateString();

    return new Intl.DateTimeFormat(
        language.value,
        today
            ? { timeStyle: 'short' }
            : { dateStyle: 'short', timeStyle: 'short' },
    ).format(then);
}

export function setLanguage(next: Language): void {
    language.value = next;
    document.documentElement.lang = next;
}
