/* "Anna Maria Behrens" -> "AB", "jonas" -> "J", a family name in Han -> first. */
export function initials(name: string): string {
    const words = name
        .trim()
        .split(/\s+/)
        .map((word) => word.replace(/^[^\p{L}\p{N}]+/u, ''))
        .filter((word) => word !== '');
    const first = Array.from(words[0] ?? '')[0] ?? '·';
    const last =
        words.length > 1 ? (Array.from(words[words.length - 1] ?? '')[0] ?? '') : '';

    return (first + last).toLocaleUpperCase();
}

const TONES = 6;

/* One of a few quiet colours, always the same for a name. */
export function tone(name: string): number {
    let sum = 0;

    for (const c of name) {
        sum = (sum * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
    }

    return sum % TONES;
}
