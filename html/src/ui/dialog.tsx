import type { ComponentChildren, JSX } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

import { t } from '../i18n';
import { Icon } from './icon';

interface Props {
    title: string;
    onClose: () => void;
    wide?: boolean;
    /* a question that must be answered: no cross, first action has focus */
    role?: 'dialog' | 'alertdialog';
    children: ComponentChildren;
}

/*
 * A modal dialog: the browser's own element keeps focus inside, closes on
 * Escape, and gives focus back to whatever opened it.
 */
export function Dialog(props: Props): JSX.Element {
    const ref = useRef<HTMLDialogElement>(null);
    const heading = useRef<HTMLHeadingElement>(null);
    const id = useId();

    useLayoutEffect(() => {
        const dialog = ref.current;
        const before = document.activeElement;

        if (dialog === null) {
            return;
        }

        dialog.showModal();

        const first = dialog.querySelector<HTMLElement>('[data-autofocus]');

        (first ?? heading.current)?.focus();

        return () => {
            if (dialog.open) {
                dialog.close();
            }

            if (before instanceof HTMLElement && before.isConnected) {
                before.focus();
            }
        };
    }, []);

    return (
        <dialog
            ref={ref}
            class={props.wide ? 'wide' : undefined}
            role={props.role}
            aria-labelledby={id}
            onCancel={(event) => {
                event.preventDefault();
                props.onClose();
            }}
            onClick={(event) => {
                if (event.target === ref.current) {
                    props.onClose();
                }
            }}
        >
            <div class="dialog-head">
                <h2 id={id} ref={heading} tabIndex={-1}>
                    {props.title}
                </h2>
                {props.role === 'alertdialog' ? null : (
                    <button
                        type="button"
                        class="iconbtn"
                        aria-label={t('close')}
                        onClick={props.onClose}
                    >
                        <Icon name="close" />
                    </button>
                )}
            </div>
            <div class="dialog-body">{props.children}</div>
        </dialog>
    );
}

interface ConfirmProps {
    title: string;
    text: string;
    confirm: string;
    keep: string;
    busy?: boolean;
    error?: string | null;
    onConfirm: () => void;
    onClose: () => void;
}

/* One question before something that cannot be undone; the safe answer first. */
export function Confirm(props: ConfirmProps): JSX.Element {
    return (
        <Dialog title={props.title} role="alertdialog" onClose={props.onClose}>
            <p>{props.text}</p>
            {props.error ? (
                <p class="notice bad" role="alert">
                    <Icon name="warn" />
                    {props.error}
                </p>
            ) : null}
            <div class="dialog-actions">
                <button
                    type="button"
                    class="btn"
                    data-autofocus
                    onClick={props.onClose}
                >
                    {props.keep}
                </button>
                <button
                    type="button"
                    class="btn danger"
                    disabled={props.busy}
                    onClick={props.onConfirm}
                >
                    {props.busy ? <span class="spin" /> : null}
                    {props.confirm}
                </button>
            </div>
        </Dialog>
    );
}
