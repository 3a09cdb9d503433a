import { expect, it } from 'vitest';

import { initials, tone } from './initials';

it('takes the first letters of the first and last word', () => {
    expect(initials('Anna Maria Behrens')).toBe('AB');
    expect(initials('jonas')).toBe('J');
    expect(initials('Łukasz (7b)')).toBe('Ł7');
    expect(initials('李小龙')).toBe('李');
    expect(initials('  ')).toBe('·');
});

it('gives a name the same tone every time', () => {
    expect(tone('Anna')).toBe(tone('Anna'));
    expect(tone('Anna')).toBeLessThan(6);
});
