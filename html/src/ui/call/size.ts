import { useLayoutEffect, useState } from 'preact/hooks';

export interface Size {
    readonly width: number;
    readonly height: number;
}

/* The inner size of an element, kept up to date. */
export function useSize(ref: { current: HTMLElement | null }): Size {
    const [size, setSize] = useState<Size>({ width: 0, height: 0 });

    useLayoutEffect(() => {
        const element = ref.current;

        if (element === null) {
            return;
        }

        const measure = (): void => {
            const width = element.clientWidth;
            const height = element.clientHeight;

            setSize((old) =>
                old.width === width && old.height === height
                    ? old
                    : { width, height },
            );
        };
        const observer = new ResizeObserver(measure);

        measure();
        observer.observe(element);

        return () => observer.disconnect();
    }, []);

    return size;
}

/* Whether a media query holds now. */
export function useMedia(query: string): boolean {
    const [matches, setMatches] = useState(() => matchMedia(query).matches);

    useLayoutEffect(() => {
        const list = matchMedia(query);
        const change = (): void => setMatches(list.matches);

        change();
        list.addEventListener('change', change);

        return () => list.removeEventListener('change', change);
    }, [query]);

    return matches;
}
