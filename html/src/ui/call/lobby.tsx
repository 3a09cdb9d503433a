import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { plural, t } from '../../i18n';
import type { Waiting } from '../../model/types';
import { chime } from '../chime';
import { useCall } from '../context';
import { Icon } from '../icon';
import { announce } from '../live';
import { initials, tone } from './initials';
import { note, useView } from './view';

/* Who waits outside, above the list of people; for those who may admit. */
export function Lobby(): JSX.Element | null {
    const call = useCall();
    const waiting = call.waiting.value;

    if (waiting.length === 0) {
        return null;
    }

    return (
        <section class="lobby" aria-labelledby="lobby-title">
            <div class="row lobby-head">
                <h3 id="lobby-title" class="grow">
                    {t('lobby_title')}
                    <span class="muted small">
                        {' '}
                        {plural('lobby_count', waiting.length)}
                    </span>
                </h3>
                <button
                    type="button"
                    class="btn compact primary"
                    onClick={() => void call.admit(null)}
                >
                    {t('lobby_admit_all')}
                </button>
            </div>
            <ul>
                {waiting.map((person) => (
                    <Line key={person.id} person={person} />
                ))}
            </ul>
            <Message />
        </section>
    );
}

function Line({ person }: { person: Waiting }): JSX.Element {
    const call = useCall();
    const { id, name } = person;

    return (
        <li class="person">
            <span class={`dot tone-${tone(name)}`} aria-hidden="true">
                {initials(name)}
            </span>
            <span class="who">
                <bdi>{name}</bdi>
            </span>
            <button
                type="button"
                class="btn compact"
                aria-label={t('lobby_admit_who', { name })}
                onClick={() => void call.admit(id)}
            >
                {t('lobby_admit')}
            </button>
            <button
                type="button"
                class="iconbtn"
                aria-label={t('lobby_reject_who', { name })}
                title={t('lobby_reject')}
                onClick={() => void call.reject(id)}
            >
                <Icon name="close" />
            </button>
        </li>
    );
}

function Message(): JSX.Element {
    const call = useCall();
    const view = useView();
    const [text, setText] = useState('');

    async function send(event: Event): Promise<void> {
        event.preventDefault();

        const words = text.trim();

        if (words !== '' && (await call.tellWaiting(words))) {
            setText('');
            note(view, t('lobby_sent'));
            announce(t('lobby_sent'));
        }
    }

    return (
        <form class="compose-line" onSubmit={(event) => void send(event)}>
            <input
                class="input"
                name="lobby-message"
                autocomplete="off"
                maxLength={500}
                aria-label={t('lobby_message')}
                placeholder={t('lobby_message')}
                value={text}
                onInput={(event) => setText(event.currentTarget.value)}
            />
            <button
                class="iconbtn send"
                aria-label={t('chat_send')}
                disabled={text.trim() === ''}
            >
                <Icon name="send" />
            </button>
        </form>
    );
}

/* Over the stage, so that nobody is forgotten outside. */
export function Knock(): JSX.Element | null {
    const call = useCall();
    const view = useView();
    const waiting = call.waiting.value;
    const known = useRef(new Set<string>());

    useEffect(() => {
        const fresh = waiting.filter((p) => !known.current.has(p.id));

        known.current = new Set(waiting.map((p) => p.id));

        if (fresh.length > 0) {
            chime();

            for (const person of fresh) {
                announce(t('lobby_one', { name: person.name }));
            }
        }
    }, [waiting]);

    const first = waiting[0];

    if (first === undefined || view.panel.value === 'people') {
        return null;
    }

    return (
        <div class="knock">
            <Icon name="door" />
            <span class="grow">
                {waiting.length === 1
                    ? t('lobby_one', { name: first.name })
                    : plural('lobby_count', waiting.length)}
            </span>
            <button
                type="button"
                class="btn compact primary"
                onClick={() =>
                    void call.admit(waiting.length === 1 ? first.id : null)
                }
            >
                {t(waiting.length === 1 ? 'lobby_admit' : 'lobby_admit_all')}
            </button>
            <button
                type="button"
                class="btn compact"
                onClick={() => {
                    view.panel.value = 'people';
                }}
            >
                {t('lobby_show')}
            </button>
        </div>
    );
}
