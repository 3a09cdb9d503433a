export interface Part {
    readonly text: string;
    readonly href: string | null;
}

const URL_AT = /\bhttps?:\/\/[^\s<>"'\u00ab\u00bb\u201c-\u201f]+/gi;
const TRAILING = /[.,;:!?)\]}\u2026]+$/;

/* Text as text and web addresses as links; no other scheme is ever a link. */
export function linkify(text: string): Part[] {
    const parts: Part[] = [];
    let at = 0;

    for (const match of text.matchAll(URL_AT)) {
        const found = trim(match[0]);

        if (!parses(found)) {
            continue;
        }

        if (match.index > at) {
            parts.push({ text: text.slice(at, match.index), href: null });
        }

        parts.push({ text: found, href: found });
        at = match.index + found.length;
    }

    if (at < text.length) {
        parts.push({ text: text.slice(at), href: null });
    }

    return parts;
}

/* Punctuation after an address belongs to the sentence; (a) keeps its end. */
function trim(url: string): string {
    const cut = url.replace(TRAILING, '');

    return cut.includes('(') && url.startsWith(`${cut})`) ? `${cut})` : cut;
}

function parses(url: string): boolean {
    try {
        return new URL(url).host !== '';
    } catch {
        return false;
    }
}
