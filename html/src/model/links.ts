/*
 * Links: what a room's address looks like, and what people paste or type when
 * they are asked for one.
 */

/* As the server takes them: 3-64 of a-z 0-9 -, no - at the ends. */
const NAME = /^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/;
const TAKEN = ['api', 'assets', 'healthz', 'metrics', 'test'];

export interface Place {
    readonly origin: string;
    readonly prefix: string;
}

export interface Typed {
    readonly room: string;
    readonly secret: string;            /* '' if none was there */
}


export function isRoomName(name: string): boolean {
    return NAME.test(name) && !TAKEN.includes(name);
}


export function roomLink(place: Place, room: string): string {
    return place.origin + place.prefix + encodeURIComponent(room);
}


export function secretLink(place: Place, room: string, secret: string):
    string
{
    return roomLink(place, room) + '#' + secret;
}


/* null: neither a link of this service nor a room's name. */
export function readTyped(place: Place, typed: string): Typed | null {
    const text = typed.trim();

    if (text === '') {
        return null;
    }

    const [address = '', ...rest] = text.split('#');
    const secret = rest.join('#');
    const bare = address
        .replace(/^https?:\/\//i, '')
        .replace(/[?].*$/, '')
        .replace(/\/+$/, '');
    const home = (place.origin.replace(/^https?:\/\//i, '') + place.prefix)
        .toLowerCase();
    const name = bare.toLowerCase().startsWith(home)
        ? bare.slice(home.length) : bare;
    const room = name.toLowerCase().replace(/\s+/g, '-');

    return isRoomName(room) ? { room, secret: readFragment(secret) } : null;
}


/* Some programs escape what stands behind #. */
export function readFragment(fragment: string): string {
    const bare = fragment.replace(/^#/, '');

    try {
        return decodeURIComponent(bare).trim();

    } catch {
        return bare.trim();
    }
}
