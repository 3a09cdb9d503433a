import type { ComponentChildren, JSX } from 'preact';
import {
    useEffect, useId, useLayoutEffect, useRef, useState,
} from 'preact/hooks';

import { Icon, type IconName } from '../icon';

export interface Item {
    readonly icon: IconName;
    readonly label: string;
    readonly bad?: boolean;
    readonly run: () => void;
}

interface Props {
    label: string;
    icon: IconName;
    caption?: string;
    class: string;
    items: readonly (Item | 'rule')[];
    floating?: boolean;          /* inside something that scrolls */
}

/* A menu button as screen readers know it: arrows move, Escape goes back. */
export function MenuButton(props: Props): JSX.Element {
    const [open, setOpen] = useState(false);
    const id = useId();
    const button = useRef<HTMLButtonElement>(null);
    const list = useRef<HTMLDivElement>(null);

    useLayoutEffect(() => {
        if (!open || list.current === null || button.current === null) {
            return;
        }

        if (props.floating) {
            float(list.current, button.current.getBoundingClientRect());
        }

        move(list.current, 0);
    }, [open]);

    useOutside(open, list, button, () => setOpen(false));

    function close(): void {
        setOpen(false);
        button.current?.focus();
    }

    return (
        <div class="menu-place">
            <button
                ref={button}
                type="button"
                class={props.class}
                aria-haspopup="menu"
                aria-expanded={open}
                aria-controls={open ? id : undefined}
                aria-label={props.label}
                title={props.label}
                onClick={() => setOpen(!open)}
            >
                <Icon name={props.icon} />
                {props.caption === undefined ? null : (
                    <span class="caption">{props.caption}</span>
                )}
            </button>
            {open ? (
                <div
                    ref={list}
                    id={id}
                    class="menu"
                    role="menu"
                    aria-label={props.label}
                    onKeyDown={(event) => onKey(event, list.current, close)}
                >
                    {props.items.map((item, i) =>
                        item === 'rule' ? (
                            <div key={i} class="rule" role="separator" />
                        ) : (
                            <button
                                key={item.label}
                                type="button"
                                role="menuitem"
                                tabIndex={-1}
                                class={item.bad ? 'bad' : undefined}
                                onClick={() => {
                                    close();
                                    item.run();
                                }}
                            >
                                <Icon name={item.icon} />
                                {item.label}
                            </button>
                        ),
                    )}
                </div>
            ) : null}
        </div>
    );
}

const EDGE = 8;

/* Below the button, or above it where there is more space. */
function float(list: HTMLElement, at: DOMRect): void {
    const { style } = list;
    const below = window.innerHeight - at.bottom;
    const fits = list.offsetHeight + EDGE <= below;

    style.position = 'fixed';
    style.right = `${Math.max(EDGE, window.innerWidth - at.right)}px`;
    style.top = fits
        ? `${at.bottom + EDGE / 2}px`
        : `${Math.max(EDGE, at.top - list.offsetHeight - EDGE / 2)}px`;
    style.bottom = 'auto';
}

function entries(list: HTMLElement | null): HTMLElement[] {
    return Array.from(
        list?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [],
    );
}

function move(list: HTMLElement | null, to: number): void {
    const all = entries(list);

    all[(to + all.length) % all.length]?.focus();
}

function onKey(
    event: KeyboardEvent,
    list: HTMLElement | null,
    close: () => void,
): void {
    const at = entries(list).indexOf(document.activeElement as HTMLElement);

    switch (event.key) {
        case 'ArrowDown':
            move(list, at + 1);
            break;

        case 'ArrowUp':
            move(list, at - 1);
            break;

        case 'Home':
            move(list, 0);
            break;

        case 'End':
            move(list, -1);
            break;

        case 'Escape':
        case 'Tab':
            close();
            break;

        default:
            return;
    }

    event.preventDefault();
    event.stopPropagation();
}

/* Calls back when somebody points outside the two elements. */
function useOutside(
    open: boolean,
    list: { current: HTMLElement | null },
    button: { current: HTMLElement | null },
    close: () => void,
): void {
    useEffect(() => {
        if (!open) {
            return;
        }

        const onDown = (event: Event): void => {
            const target = event.target as Node;

            if (
                list.current?.contains(target) !== true &&
                button.current?.contains(target) !== true
            ) {
                close();
            }
        };

        document.addEventListener('pointerdown', onDown);

        return () => document.removeEventListener('pointerdown', onDown);
    }, [open]);
}

/* A small panel of form fields beside a button. */
export function PopButton(props: {
    label: string;
    class: string;
    face?: ComponentChildren;    /* of the button, else an arrow */
    children: ComponentChildren;
}): JSX.Element {
    const [open, setOpen] = useState(false);
    const id = useId();
    const button = useRef<HTMLButtonElement>(null);
    const pop = useRef<HTMLDivElement>(null);

    useOutside(open, pop, button, () => setOpen(false));

    useEffect(() => {
        if (open) {
            pop.current?.querySelector<HTMLElement>('select,input,button')?.focus();
        }
    }, [open]);

    return (
        <div class="menu-place">
            <button
                ref={button}
                type="button"
                class={props.class}
                aria-expanded={open}
                aria-controls={open ? id : undefined}
                aria-label={props.label}
                title={props.label}
                onClick={() => setOpen(!open)}
            >
                {props.face ?? <Icon name="up" />}
            </button>
            {open ? (
                <div
                    ref={pop}
                    id={id}
                    class="menu pop"
                    role="group"
                    aria-label={props.label}
                    onKeyDown={(event) => {
                        if (event.key === 'Escape') {
                            event.stopPropagation();
                            setOpen(false);
                            button.current?.focus();
                        }
                    }}
                >
                    {props.children}
                </div>
            ) : null}
        </div>
    );
}
