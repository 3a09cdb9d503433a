import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

import { t } from '../i18n';
import { Icon, type IconName } from './icon';
import { announce } from './live';

interface FieldProps {
    label: string;
    hint?: string | undefined;
    error?: string | null | undefined;
    value: string;
    onInput: (value: string) => void;
    type?: 'text' | 'search';
    autocomplete?: string;
    maxLength?: number;
    mono?: boolean;
    required?: boolean;
    name: string;
    placeholder?: string;
    inputRef?: { current: HTMLInputElement | null };
    children?: ComponentChildren;
}

/* A labelled line of text with hint and error, tied together for readers. */
export function TextField(props: FieldProps): JSX.Element {
    const id = useId();
    const hint = props.hint ? `${id}-hint` : '';
    const error = props.error ? `${id}-error` : '';

    return (
        <div class="field">
            <label for={id}>{props.label}</label>
            <input
                id={id}
                ref={props.inputRef}
                class={props.mono ? 'input mono' : 'input'}
                type={props.type ?? 'text'}
                name={props.name}
                value={props.value}
                autocomplete={props.autocomplete ?? 'off'}
                autocapitalize={props.mono ? 'none' : undefined}
                spellcheck={false}
                maxLength={props.maxLength}
                placeholder={props.placeholder}
                required={props.required}
                aria-invalid={props.error ? 'true' : undefined}
                aria-describedby={`${error} ${hint}`.trim() || undefined}
                onInput={(event) => props.onInput(event.currentTarget.value)}
            />
            {props.children}
            {props.error ? (
                <span class="error" id={error}>
                    {props.error}
                </span>
            ) : null}
            {props.hint ? (
                <span class="hint" id={hint}>
                    {props.hint}
                </span>
            ) : null}
        </div>
    );
}

interface CheckProps {
    label: string;
    hint?: string;
    checked: boolean;
    onChange: (checked: boolean) => void;
}

export function Check(props: CheckProps): JSX.Element {
    const id = useId();

    return (
        <label class="check">
            <input
                type="checkbox"
                checked={props.checked}
                aria-describedby={props.hint ? id : undefined}
                aria-label={props.label}
                onChange={(event) => props.onChange(event.currentTarget.checked)}
            />
            <span>
                {props.label}
                {props.hint ? (
                    <span class="hint" id={id}>
                        {props.hint}
                    </span>
                ) : null}
            </span>
        </label>
    );
}

interface Option<T extends string> {
    id: T;
    label: string;
    text?: string;               /* shown instead of the label */
    icon?: IconName;
    lang?: string;
}

interface SegmentsProps<T extends string> {
    label: string;
    value: T;
    options: readonly Option<T>[];
    onChange: (value: T) => void;
}

/* One of a few, side by side. */
export function Segments<T extends string>(
    props: SegmentsProps<T>,
): JSX.Element {
    const name = useId();

    return (
        <fieldset class="segments">
            <legend class="sr">{props.label}</legend>
            {props.options.map((option) => (
                <label key={option.id} title={option.label}>
                    <input
                        type="radio"
                        name={name}
                        checked={option.id === props.value}
                        aria-label={option.label}
                        lang={option.lang}
                        onChange={() => props.onChange(option.id)}
                    />
                    <span>
                        {option.icon ? (
                            <Icon name={option.icon} />
                        ) : (
                            (option.text ?? option.label)
                        )}
                    </span>
                </label>
            ))}
        </fieldset>
    );
}

interface CopyProps {
    text: string;
    label: string;
    name?: string;               /* for readers, where the label is short */
    class?: string;
    compact?: boolean;
}

const COPIED_MS = 2500;

/* Copies and says so, to eyes and ears. */
export function CopyButton(props: CopyProps): JSX.Element {
    const [done, setDone] = useState(false);
    const timer = useRef<ReturnType<typeof setTimeout>>();

    useEffect(() => () => clearTimeout(timer.current), []);

    async function copy(): Promise<void> {
        try {
            await navigator.clipboard.writeText(props.text);
            setDone(true);
            announce(t('copied'));
            clearTimeout(timer.current);
            timer.current = setTimeout(() => setDone(false), COPIED_MS);
        } catch {
            announce(t('copy_failed'), true);
        }
    }

    return (
        <button
            type="button"
            class={`btn ${props.class ?? ''} ${props.compact ? 'compact' : ''}`}
            aria-label={done ? undefined : props.name}
            onClick={() => void copy()}
        >
            <Icon name={done ? 'check' : 'copy'} />
            <span>{done ? t('copied') : props.label}</span>
        </button>
    );
}
