import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { t, type Key } from '../i18n';
import { Hall } from '../ui/art';
import { useApp } from '../ui/context';
import { createError } from '../ui/errors';
import { TextField } from '../ui/forms';
import { Icon, type IconName } from '../ui/icon';
import { Shell } from '../ui/shell';
import { slug } from '../ui/slug';
import { TestLink } from '../ui/testlink';

const NAME_MIN = 3;

/* The start: create a room, or type the name of one. */
export function Landing(): JSX.Element {
    return (
        <Shell class="landing">
            <div class="landing-text">
                <h1>{t('landing_title')}</h1>
                <p class="lead">{t('landing_lead')}</p>
                <Create />
                <Enter />
                <p>
                    <TestLink />
                </p>
            </div>
            <div class="landing-art" aria-hidden="true">
                <Hall />
            </div>
            <ul class="facts">
                <Fact icon="people" name="fact_account" />
                <Fact icon="lock" name="fact_sealed" />
                <Fact icon="trash" name="fact_gone" />
            </ul>
        </Shell>
    );
}

function Fact(props: {
    icon: IconName;
    name: 'fact_account' | 'fact_sealed' | 'fact_gone';
}): JSX.Element {
    const text: Key = `${props.name}_text`;

    return (
        <li>
            <Icon name={props.icon} />
            <h3>{t(props.name)}</h3>
            <p class="muted">{t(text)}</p>
        </li>
    );
}

function Create(): JSX.Element {
    const app = useApp();
    const [name, setName] = useState('');
    const [error, setError] = useState<string | null>(null);
    const [asked, setAsked] = useState(false);

    const id = slug(name);
    const busy = app.busy.value === 'create';
    const code = asked && !busy ? app.error.value : null;
    const nameCode = code === 'name-taken' || code === 'bad-name';

    async function submit(event: Event): Promise<void> {
        event.preventDefault();

        if (name.trim() !== '' && id.length < NAME_MIN) {
            setError(t('create_name_bad'));
            return;
        }

        setError(null);
        setAsked(true);
        await app.create(id === '' ? {} : { name: id });
    }

    return (
        <form class="card create" onSubmit={(event) => void submit(event)}>
            <h2>{t('create_heading')}</h2>
            <div class="create-line">
                <TextField
                    label={t('create_name')}
                    name="room"
                    value={name}
                    onInput={(value) => {
                        setName(value);
                        setError(null);
                        setAsked(false);
                    }}
                    maxLength={64}
                    hint={
                        id === '' ? t('create_name_hint') : undefined
                    }
                    error={error ?? (nameCode ? createError(code) : null)}
                >
                    {id === '' ? null : (
                        <span class="hint link-preview">
                            {location.host}
                            {new URL('.', document.baseURI).pathname}
                            <b>{id}</b>
                        </span>
                    )}
                </TextField>
                <button class="btn primary large" disabled={busy}>
                    {busy ? <span class="spin" /> : <Icon name="door" />}
                    {busy ? t('create_busy') : t('create_submit')}
                </button>
            </div>
            {code !== null && !nameCode ? (
                <p class="notice bad" role="alert">
                    <Icon name="warn" />
                    {createError(code)}
                </p>
            ) : null}
        </form>
    );
}

function Enter(): JSX.Element {
    const app = useApp();
    const [text, setText] = useState('');
    const [bad, setBad] = useState(false);
    const rooms = app.remembered.value;

    async function submit(event: Event): Promise<void> {
        event.preventDefault();

        if (text.trim() === '') {
            return;
        }

        setBad(!(await app.openTyped(text.trim())));
    }

    useEffect(() => setBad(false), [text]);

    return (
        <section class="enter">
            <form onSubmit={(event) => void submit(event)}>
                <h2>{t('open_heading')}</h2>
                <div class="create-line">
                    <TextField
                        label={t('open_name')}
                        name="open"
                        value={text}
                        onInput={setText}
                        hint={t('open_name_hint')}
                        error={bad ? t('open_bad') : null}
                    />
                    <button class="btn">{t('open_submit')}</button>
                </div>
            </form>
            {rooms.length === 0 ? null : (
                <nav class="remembered" aria-label={t('remembered')}>
                    <h3>{t('remembered')}</h3>
                    <ul>
                        {rooms.map((room) => (
                            <li key={room}>
                                <a
                                    class="chip"
                                    href={`./${room}`}
                                    onClick={(event) => {
                                        event.preventDefault();
                                        void app.open(room);
                                    }}
                                >
                                    <Icon name="key" />
                                    {room}
                                </a>
                            </li>
                        ))}
                    </ul>
                </nav>
            )}
        </section>
    );
}
