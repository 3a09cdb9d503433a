import { signal, type Signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/* What this page has open and shows; nothing the others know of. */

export type Panel = 'none' | 'people' | 'chat' | 'statistics';

export type Box =
    | { readonly name: 'none' }
    | { readonly name: 'invite' }
    | { readonly name: 'settings' }
    | { readonly name: 'help' }
    | { readonly name: 'room' }
    | { readonly name: 'delete' }
    | { readonly name: 'end' }
    | { readonly name: 'leave' }
    | { readonly name: 'remove'; readonly id: string; readonly who: string };

export interface Note {
    readonly id: number;
    readonly text: string;
    readonly bad: boolean;
}

export interface View {
    readonly panel: Signal<Panel>;
    readonly box: Signal<Box>;
    readonly pinned: Signal<string | null>;  /* key of a tile */
    readonly selfHidden: Signal<boolean>;
    readonly page: Signal<number>;
    readonly pages: Signal<number>;
    readonly talking: Signal<boolean>;       /* push to talk is held */
    readonly notes: Signal<readonly Note[]>;
}

export function createView(): View {
    return {
        panel: signal<Panel>('none'),
        box: signal<Box>({ name: 'none' }),
        pinned: signal<string | null>(null),
        selfHidden: signal(false),
        page: signal(0),
        pages: signal(1),
        talking: signal(false),
        notes: signal<readonly Note[]>([]),
    };
}

const ViewContext = createContext<View | null>(null);

export const ViewProvider = ViewContext.Provider;

export function useView(): View {
    const view = useContext(ViewContext);

    if (view === null) {
        throw new Error('no view around');
    }

    return view;
}

const NOTE_MS = 5000;
const NOTES_MAX = 3;

let notes = 0;

/* A line that goes away by itself; say it to readers through announce(). */
export function note(view: View, text: string, bad = false): void {
    const id = ++notes;

    view.notes.value = [...view.notes.value, { id, text, bad }].slice(
        -NOTES_MAX,
    );

    setTimeout(() => {
        view.notes.value = view.notes.value.filter((n) => n.id !== id);
    }, NOTE_MS);
}

export function togglePanel(view: View, panel: Panel): void {
    view.panel.value = view.panel.value === panel ? 'none' : panel;
}

export function turnPage(view: View, by: number): void {
    const last = view.pages.value - 1;

    view.page.value = Math.max(0, Math.min(last, view.page.value + by));
}
