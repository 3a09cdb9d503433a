import { expect, it } from 'vitest';

import { slug } from './slug';

it('turns what people type into a name for a link', () => {
    expect(slug('Klasse 7b, Bio')).toBe('klasse-7b-bio');
    expect(slug('  Größe & Übung  ')).toBe('groesse-uebung');
    expect(slug('Café')).toBe('cafe');
    expect(slug('日本')).toBe('');
    expect(slug('a'.repeat(80))).toHaveLength(64);
    expect(slug(`${'a'.repeat(63)}-b`)).toBe('a'.repeat(63));
});
