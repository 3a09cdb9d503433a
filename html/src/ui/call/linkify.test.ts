import { expect, it } from 'vitest';

import { linkify } from './linkify';

const links = (text: string): (string | null)[] =>
    linkify(text).map((p) => p.href).filter((h) => h !== null);

it('finds web addresses and nothing else', () => {
    expect(links('see https://a.example/x?y=1#z.')).toEqual(['https://a.example/x?y=1#z']);
    expect(links('javascript:alert(1) ftp://a data:x mailto:a@b')).toEqual([]);
    expect(links('http://a.example, https://b.example!')).toEqual(['http://a.example', 'https://b.example']);
    expect(links('https://')).toEqual([]);
});

it('keeps closing brackets that belong to the address', () => {
    expect(links('(https://a.example/B_(c))')).toEqual(['https://a.example/B_(c)']);
    expect(links('(https://a.example/b)')).toEqual(['https://a.example/b']);
});

it('loses no character', () => {
    const text = 'a https://x.example/ü, b\nc https://y.example';

    expect(linkify(text).map((p) => p.text).join('')).toBe(text);
});
