const LETTERS: Record<string, string> = {
    ä: 'ae',
    ö: 'oe',
    ü: 'ue',
    ß: 'ss',
    æ: 'ae',
    ø: 'o',
    å: 'a',
};

/* "Klasse 7b, Bio" as it can stand in a link: "klasse-7b-bio". */
export function slug(text: string): string {
    return text
        .toLowerCase()
        .replace(/[äöüßæøå]/g, (c) => LETTERS[c] ?? c)
        .normalize('NFD')
        .replace(/[\u0300-\u036f]/g, '')
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 64)
        .replace(/-+$/, '');
}
