import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { t } from '../i18n';
import type { Phase } from '../model/types';
import { DoorArt } from '../ui/art';
import { useApp } from '../ui/context';
import {
    CameraSelect,
    DeviceProblems,
    MicrophoneSelect,
    SpeakerSelect,
} from '../ui/devices';
import { joinError } from '../ui/errors';
import { TextField } from '../ui/forms';
import { Icon } from '../ui/icon';
import { Preview } from '../ui/preview';
import { Shell } from '../ui/shell';
import { TestLink } from '../ui/testlink';

type JoinPhase = Extract<Phase, { name: 'join' }>;

const RETRY_MS = 4000;

/* Name, devices, password if the link had none; then in. */
export function Join({ phase }: { phase: JoinPhase }): JSX.Element {
    const app = useApp();
    const error = app.error.value;
    const busy = app.busy.value;
    const step = useRef(busy);

    if (busy !== 'none') {
        step.current = busy;
    }

    const looking = step.current === 'look';

    /* while it tries once more, the page stays as it is */
    const offline = useRef(false);

    if (busy !== 'look') {
        offline.current = looking && error === 'network';
    }

    useRetryWhileOffline(phase.room, looking && error === 'network');

    if (error === 'no-room') {
        return <NoRoom />;
    }

    if (offline.current) {
        return (
            <Shell class="message">
                <DoorArt open={false} />
                <h1>{t('offline_title')}</h1>
                <p class="lead">{t('offline_text')}</p>
                <p class="waiting-line">
                    <span class="spin" />
                    {t('offline_trying')}
                </p>
                <TestLink />
            </Shell>
        );
    }

    if (looking && busy === 'look') {
        return (
            <Shell class="message">
                <p class="waiting-line">
                    <span class="spin" />
                    {t('checking')}
                </p>
            </Shell>
        );
    }

    if (window.RTCPeerConnection === undefined) {
        return (
            <Shell class="message">
                <DoorArt open={false} />
                <h1>{t('join_title', { room: phase.room })}</h1>
                <p class="lead">{t('join_unsupported')}</p>
            </Shell>
        );
    }

    return <JoinForm phase={phase} />;
}

function NoRoom(): JSX.Element {
    const app = useApp();

    return (
        <Shell class="message">
            <DoorArt open={false} />
            <h1>{t('no_room_title')}</h1>
            <p class="lead">{t('no_room_text')}</p>
            <p class="muted">{t('no_room_next')}</p>
            <div class="row center">
                <button
                    type="button"
                    class="btn primary large"
                    onClick={() => app.home()}
                >
                    {t('home')}
                </button>
            </div>
        </Shell>
    );
}

function JoinForm({ phase }: { phase: JoinPhase }): JSX.Element {
    const app = useApp();
    const [name, setName] = useState(app.preferences.value.name);
    const [secret, setSecret] = useState('');
    const [missing, setMissing] = useState<'name' | 'secret' | null>(null);
    const nameRef = useRef<HTMLInputElement>(null);
    const secretRef = useRef<HTMLInputElement>(null);

    /* once a password was asked for, its field stays */
    const asks = useRef(!phase.ready);

    asks.current ||= !phase.ready;

    const busy = app.busy.value === 'join';
    const error = busy ? null : app.error.value;
    const wrong = error === 'wrong-secret' || error === 'bad-key';

    useEffect(() => {
        void app.media.resume();
    }, []);

    useEffect(() => {
        if (wrong) {
            secretRef.current?.focus();
            secretRef.current?.select();
        }
    }, [error]);

    async function join(listener: boolean): Promise<void> {
        if (name.trim() === '') {
            setMissing('name');
            nameRef.current?.focus();
            return;
        }

        if (asks.current && secret.trim() === '') {
            setMissing('secret');
            secretRef.current?.focus();
            return;
        }

        setMissing(null);

        if (listener) {
            await Promise.all([
                app.media.setMic(false),
                app.media.setCam(false),
            ]);
        }

        if (asks.current) {
            app.setSecret(secret);
        }

        await app.join(name.trim());
    }

    const secretError = wrong
        ? joinError(error, secret === '')
        : missing === 'secret'
          ? t('join_password_missing')
          : null;

    return (
        <Shell class="join">
            <div class="join-head">
                <h1>{t('join_title', { room: phase.room })}</h1>
                <p class="lead">{t('join_lead')}</p>
            </div>
            <Preview />
            <form
                class="join-form"
                onSubmit={(event) => {
                    event.preventDefault();
                    void join(false);
                }}
            >
                {phase.owner ? (
                    <p class="notice">
                        <Icon name="key" />
                        {t('join_as_owner')}
                    </p>
                ) : null}
                <TextField
                    label={t('join_name')}
                    name="name"
                    autocomplete="name"
                    inputRef={nameRef}
                    value={name}
                    maxLength={64}
                    hint={t('join_name_hint')}
                    error={missing === 'name' ? t('join_name_missing') : null}
                    onInput={setName}
                />
                {asks.current ? (
                    <TextField
                        label={t('join_password')}
                        name="secret"
                        mono
                        inputRef={secretRef}
                        value={secret}
                        maxLength={128}
                        hint={t('join_password_hint')}
                        error={secretError}
                        onInput={setSecret}
                    />
                ) : null}
                <Devices />
                {error !== null && !wrong ? (
                    <p class="notice bad" role="alert">
                        <Icon name="warn" />
                        {joinError(error, false)}
                    </p>
                ) : null}
                <button class="btn primary large wide" disabled={busy}>
                    {busy ? <span class="spin" /> : <Icon name="door" />}
                    {busy ? t('join_busy') : t('join_submit')}
                </button>
                <button
                    type="button"
                    class="btn quiet wide listener"
                    disabled={busy}
                    onClick={() => void join(true)}
                >
                    <Icon name="ear" />
                    {t('join_listener')}
                </button>
                <TestLink />
            </form>
        </Shell>
    );
}

/* Choices appear once a device runs: before, names are not known anyway. */
function Devices(): JSX.Element {
    const { media } = useApp();
    const mic = media.mic.value.state === 'on';
    const cam = media.cam.value.state === 'on';

    return (
        <>
            <DeviceProblems />
            {mic || cam ? (
                <details class="join-devices">
                    <summary>
                        <Icon name="settings" />
                        {t('settings_devices')}
                    </summary>
                    <div class="stack">
                        {mic ? <MicrophoneSelect /> : null}
                        {cam ? <CameraSelect /> : null}
                        <SpeakerSelect />
                    </div>
                </details>
            ) : null}
        </>
    );
}

/* The server was not reached: keep asking, so that nobody must reload. */
function useRetryWhileOffline(room: string, offline: boolean): void {
    const app = useApp();

    useEffect(() => {
        if (!offline) {
            return;
        }

        const again = (): void => void app.open(room);
        const timer = setTimeout(again, RETRY_MS);

        window.addEventListener('online', again);

        return () => {
            clearTimeout(timer);
            window.removeEventListener('online', again);
        };
    }, [offline, room]);
}
