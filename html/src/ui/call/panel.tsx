import type { ComponentChildren, JSX } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

import { t } from '../../i18n';
import { Icon } from '../icon';
import { useView } from './view';

interface Props {
    title: string;
    aside?: string;
    children: ComponentChildren;
}

/* Frame of what opens beside the stage; Escape closes it. */
export function PanelFrame(props: Props): JSX.Element {
    const view = useView();
    const id = useId();
    const ref = useRef<HTMLElement>(null);

    useLayoutEffect(() => {
        const panel = ref.current;
        const before = document.activeElement;

        /* on a phone the keyboard would cover what was just opened */
        const first = matchMedia('(hover: none)').matches
            ? null
            : panel?.querySelector<HTMLElement>('[data-first]');

        (first ?? panel)?.focus({ preventScroll: true });

        return () => {
            if (panel?.contains(document.activeElement) !== true) {
                return;
            }

            if (before instanceof HTMLElement && before.isConnected) {
                before.focus();
            }
        };
    }, []);

    return (
        <aside
            ref={ref}
            id="panel"
            class="panel"
            aria-labelledby={id}
            tabIndex={-1}
            onKeyDown={(event) => {
                if (event.key === 'Escape') {
                    view.panel.value = 'none';
                }
            }}
        >
            <div class="panel-head">
                <h2 id={id}>{props.title}</h2>
                {props.aside === undefined ? null : (
                    <span class="muted small">{props.aside}</span>
                )}
                <span class="grow" />
                <button
                    type="button"
                    class="iconbtn"
                    aria-label={t('close')}
                    onClick={() => {
                        view.panel.value = 'none';
                    }}
                >
                    <Icon name="close" />
                </button>
            </div>
            {props.children}
        </aside>
    );
}
