import { expect, it } from 'vitest';

import { de } from './de';
import { en, type Key } from './en';
import { fill, language, plural } from './index';

const keys = Object.keys(en) as Key[];
const holes = (text: string): string[] =>
    [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort();

it('has every text in both languages, with the same parameters', () => {
    expect(Object.keys(de).sort()).toEqual([...keys].sort());

    for (const key of keys) {
        expect(de[key], key).not.toBe('');
        expect(holes(de[key]), key).toEqual(holes(en[key]));
    }
});

it('addresses nobody by du or Sie in German', () => {
    for (const key of keys) {
        expect(de[key], key).not.toMatch(
            /\b(du|dein\w*|dich|dir|Ihr|Ihre\w*|Ihnen)\b/,
        );
        expect(de[key], key).not.toMatch(/[a-z,] Sie\b/);
    }
});

it('fills parameters and leaves unknown ones', () => {
    expect(fill('{a} and {b}', { a: 1 })).toBe('1 and {b}');
    expect(fill('{a}', { a: '$&' })).toBe('$&');
});

it('counts in both languages', () => {
    language.value = 'de';
    expect(plural('people_count', 1)).toBe('1 Person');
    expect(plural('people_count', 3)).toBe('3 Personen');
    language.value = 'en';
    expect(plural('unread', 1)).toBe('1 unread message');
});
