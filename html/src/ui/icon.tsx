import type { JSX } from 'preact';

/* Drawn for this project on a 24 grid, stroke only; see .icon in the styles. */
const paths = {
    mic: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M9 21h6',
    'mic-off':
        'M15 10.5V6a3 3 0 0 0-5.7-1.3M9 9v2a3 3 0 0 0 4.4 2.6M5.5 11a6.5 6.5 0 0 0 10.2 5.3M18.5 11a6.5 6.5 0 0 1-.6 2.7M12 17.5V21M9 21h6M4 3l16 18',
    cam: 'M3 8.5A2.5 2.5 0 0 1 5.5 6h7A2.5 2.5 0 0 1 15 8.5v7a2.5 2.5 0 0 1-2.5 2.5h-7A2.5 2.5 0 0 1 3 15.5zM15 10.6l6-3.1v9l-6-3.1',
    'cam-off':
        'M9.5 6h3A2.5 2.5 0 0 1 15 8.5v3l6 4.5V7.5l-4 2M15 15.8A2.5 2.5 0 0 1 12.5 18h-7A2.5 2.5 0 0 1 3 15.5v-7A2.5 2.5 0 0 1 5.2 6M4 3l16 18',
    screen: 'M5.5 4h13A2.5 2.5 0 0 1 21 6.5v7A2.5 2.5 0 0 1 18.5 16h-13A2.5 2.5 0 0 1 3 13.5v-7A2.5 2.5 0 0 1 5.5 4zM8 20h8M12 13V7.5M9.5 9.8 12 7.3l2.5 2.5',
    'screen-off':
        'M5.5 4h13A2.5 2.5 0 0 1 21 6.5v7A2.5 2.5 0 0 1 18.5 16h-13A2.5 2.5 0 0 1 3 13.5v-7A2.5 2.5 0 0 1 5.5 4zM8 20h8M9.7 7.8l4.6 4.6M14.3 7.8l-4.6 4.6',
    people: 'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5c.5-3.3 3.1-5 6.5-5s6 1.7 6.5 5M15.5 4.9a3.5 3.5 0 0 1 0 6.2M17.5 15c2.3.6 3.7 2.2 4 4.5',
    chat: 'M12 4.5c5 0 8.5 3 8.5 7s-3.5 7-8.5 7c-1.2 0-2.3-.2-3.3-.5L4 20l1.3-3.7A6.4 6.4 0 0 1 3.5 11.5c0-4 3.5-7 8.5-7zM8.5 11.5h.01M12 11.5h.01M15.5 11.5h.01',
    full: 'M4 9V6a2 2 0 0 1 2-2h3M15 4h3a2 2 0 0 1 2 2v3M20 15v3a2 2 0 0 1-2 2h-3M9 20H6a2 2 0 0 1-2-2v-3',
    'full-off':
        'M9 4v3a2 2 0 0 1-2 2H4M20 9h-3a2 2 0 0 1-2-2V4M15 20v-3a2 2 0 0 1 2-2h3M4 15h3a2 2 0 0 1 2 2v3',
    more: 'M5 12h.01M12 12h.01M19 12h.01',
    leave: 'M13 4H7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h6M10.5 12H20M16.5 8.5 20 12l-3.5 3.5',
    invite: 'M10 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 19.5c.5-3.3 3.1-5 6.5-5 1.3 0 2.5.3 3.5.8M18 14v6M15 17h6',
    settings:
        'M4 7h9M17 7h3M4 17h3M11 17h9M15 9.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6zM9 19.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6z',
    keyboard:
        'M5 6h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2zM7 10h.01M11 10h.01M15 10h.01M17.5 10h.01M8 14h8',
    close: 'M6 6l12 12M18 6 6 18',
    check: 'M5 12.5l4.5 4.5L19 7',
    copy: 'M10.5 9h7a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 9 18.5v-8A1.5 1.5 0 0 1 10.5 9zM6 15H5.5A1.5 1.5 0 0 1 4 13.5v-8A1.5 1.5 0 0 1 5.5 4h7A1.5 1.5 0 0 1 14 5.5V6',
    key: 'M8 15.5a4.5 4.5 0 1 1 4.3-5.7H21v3.4h-2.5V16h-3.2v-2.8h-3A4.5 4.5 0 0 1 8 15.5zM8 11h.01',
    door: 'M5 20v-9a7 7 0 0 1 14 0v9M3 20h18M14.5 13.5h.01',
    trash: 'M4 7h16M9 7V5.5A1.5 1.5 0 0 1 10.5 4h3A1.5 1.5 0 0 1 15 5.5V7M6.5 7l.8 11.2A2 2 0 0 0 9.3 20h5.4a2 2 0 0 0 2-1.8L17.5 7M10 11v5M14 11v5',
    sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5V4M12 20v1.5M4 12H2.5M21.5 12H20M5.3 5.3l1 1M17.7 17.7l1 1M18.7 5.3l-1 1M6.3 17.7l-1 1',
    moon: 'M20 14.5A8.2 8.2 0 0 1 9.5 4a8.2 8.2 0 1 0 10.5 10.5z',
    auto: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 3.5v17M12 8h6.5M12 12h8.5M12 16h6.5',
    info: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 11v5M12 8h.01',
    warn: 'M12 4.5 3 19.5h18zM12 10.5v4M12 17h.01',
    send: 'M4.5 12h8M4.5 12 3.5 4.5 21 12 3.5 19.5z',
    left: 'M14.5 6l-6 6 6 6',
    right: 'M9.5 6l6 6-6 6',
    up: 'M6 14.5l6-6 6 6',
    pin: 'M9 4h6l-.7 6 3.2 3.5H6.5L9.7 10zM12 13.5V20',
    clock: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.5V12l3 2',
    away: 'M4 10a12 12 0 0 1 4-2.6M20 10a12 12 0 0 0-7-3.4M7.5 13.5a7 7 0 0 1 3-1.7M16.5 13.5a7 7 0 0 0-1-.8M12 18h.01M4 3l16 18',
    lock: 'M7 11h10a1.5 1.5 0 0 1 1.5 1.5v6A1.5 1.5 0 0 1 17 20H7a1.5 1.5 0 0 1-1.5-1.5v-6A1.5 1.5 0 0 1 7 11zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
    unlock: 'M7 11h10a1.5 1.5 0 0 1 1.5 1.5v6A1.5 1.5 0 0 1 17 20H7a1.5 1.5 0 0 1-1.5-1.5v-6A1.5 1.5 0 0 1 7 11zM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2',
    speaker: 'M4 9.5h3L12 5.5v13L7 14.5H4zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11',
    ear: 'M7 10a5 5 0 0 1 10 0c0 3.5-3.5 4-3.5 7a3 3 0 0 1-5.5 1.7M10 10a2 2 0 0 1 4 0c0 1.3-1 1.7-1.5 2.5',
    download: 'M12 4v10.5M7.5 10.5 12 15l4.5-4.5M5 19.5h14',
    pause: 'M9 6v12M15 6v12',
    gauge: 'M4.6 18a8.5 8.5 0 1 1 14.8 0M12 14.5l3.8-4.6M12 14.5h.01',
    saver: 'M12 4v9.5M7.8 9.5 12 13.5l4.2-4M5 17.5h14M8.5 21h7',
    'signal-low': 'M4.5 19.5v-4M9.5 19.5v-9M14.5 19.5h.01M19.5 19.5h.01',
    motion: 'M5.5 4h13A2.5 2.5 0 0 1 21 6.5v7a2.5 2.5 0 0 1-2.5 2.5h-13A2.5 2.5 0 0 1 3 13.5v-7A2.5 2.5 0 0 1 5.5 4zM8 20h8M10.2 7.2v5.6l4.6-2.8z',
    qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5M20 14v2.5M14 17.5V20h2.5M19 20h1M7 7h.01M17 7h.01M7 17h.01',
} as const;

export type IconName = keyof typeof paths;

const heavy: Partial<Record<IconName, number>> = {
    more: 3.4,
    chat: 1.9,
    'signal-low': 2.8,
};

/* Decoration only: the control around it carries the name. */
export function Icon({ name }: { name: IconName }): JSX.Element {
    return (
        <svg
            class="icon"
            viewBox="0 0 24 24"
            aria-hidden="true"
            focusable="false"
            style={heavy[name] === undefined ? undefined : { strokeWidth: heavy[name] }}
        >
            <path d={paths[name]} />
        </svg>
    );
}

/* The mark: an arch within an arch, a room you look into. */
export function Mark(): JSX.Element {
    return (
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <path class="mark-wall" d="M3 29V16a13 13 0 0 1 26 0v13z" />
            <path class="mark-light" d="M9 29V17a7 7 0 0 1 14 0v12z" />
            <circle class="mark-dot" cx="16" cy="17" r="2.6" />
        </svg>
    );
}
