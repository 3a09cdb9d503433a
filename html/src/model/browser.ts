/* The real browser as the model wants it; the only file that sees window. */

import type { Browser, KeyValue } from './types';


/*
 * `fragment` is what stood behind # before boot.js took it out of the address
 * bar.  The service's prefix is the directory of the page: links to rooms have
 * no slash after the room's name.
 */
export function browserOf(window: Window, fragment: string): Browser {
    const url = new URL(window.location.href);
    const prefix = url.pathname.replace(/[^/]*$/, '');
    const name = decode(url.pathname.slice(prefix.length));

    return {
        origin: url.origin,
        prefix,
        room: name === 'index.html' ? '' : name,
        fragment,
        local: storage(() => window.localStorage),
        session: storage(() => window.sessionStorage),

        navigate(room) {
            const to = prefix + encodeURIComponent(room);

            if (window.location.pathname !== to) {
                window.history.pushState(null, '', to);
            }
        },

        small: Math.min(window.screen.width, window.screen.height) < 600,
    };
}


function storage(open: () => Storage): KeyValue {
    const attempt = <T>(run: (storage: Storage) => T, otherwise: T): T => {
        try {
            return run(open());

        } catch {
            return otherwise;
        }
    };

    return {
        get: (key) => attempt((storage) => storage.getItem(key), null),
        set: (key, value) =>
            attempt((storage) => storage.setItem(key, value), undefined),
        remove: (key) =>
            attempt((storage) => storage.removeItem(key), undefined),
    };
}


function decode(text: string): string {
    try {
        return decodeURIComponent(text);

    } catch {
        return '';
    }
}
