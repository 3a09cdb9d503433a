import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

import { t, type Key } from '../../i18n';
import type { App, Call, ErrorCode } from '../../model/types';
import { useApp, useCall } from '../context';
import { Dialog } from '../dialog';
import { reason } from '../errors';
import { Icon } from '../icon';
import { announce } from '../live';
import { useView } from './view';

type Way = 'only' | 'lobby' | 'lock' | 'password';

const texts: Record<Way, readonly [Key, Key]> = {
    only: ['remove_only', 'remove_only_hint'],
    lobby: ['remove_lobby', 'remove_lobby_hint'],
    lock: ['remove_lock', 'remove_lock_hint'],
    password: ['remove_password', 'remove_password_hint'],
};

/*
 * With a shared password nobody can be kept out by name: so the page asks for
 * what really does it.
 */
export function Removing(props: {
    id: string;
    who: string;
    onClose: () => void;
}): JSX.Element {
    const app = useApp();
    const call = useCall();
    const name = useId();
    const view = useView();
    const [way, setWay] = useState<Way>('only');
    const [busy, setBusy] = useState(false);
    const [failed, setFailed] = useState<ErrorCode | null>(null);
    const [changed, setChanged] = useState(false);      /* the password */
    const owner = call.me.value.role === 'owner';
    const ways: Way[] = owner
        ? ['only', 'lobby', 'lock', 'password']
        : ['only', 'lobby', 'lock'];

    async function run(): Promise<void> {
        setBusy(true);
        setFailed(null);

        const shutError = await shut(app, call, way)
            ? null : (app.error.value ?? 'internal');
        const error = shutError ?? await removed(call, props.id);

        const renewed = changed || (way === 'password' && shutError === null);

        setBusy(false);
        setFailed(error);
        setChanged(renewed);

        if (error === null) {
            close(renewed);

        } else if (shutError === null) {
            /* done once, and not to be done again */
            setWay('only');
        }
    }

    /* the class needs the new link */
    function close(renewed: boolean): void {
        props.onClose();

        if (renewed) {
            announce(t('password_done'));
            view.box.value = { name: 'invite' };
        }
    }

    return (
        <Dialog
            title={t('remove_what', { name: props.who })}
            onClose={() => close(changed)}
        >
            <fieldset class="ways">
                <legend class="sr">
                    {t('remove_what', { name: props.who })}
                </legend>
                {ways.map((id) => (
                    <label key={id} class="check">
                        <input
                            type="radio"
                            name={name}
                            data-autofocus={id === 'only' ? true : undefined}
                            checked={way === id}
                            onChange={() => setWay(id)}
                        />
                        <span>
                            {t(texts[id][0])}
                            <span class="hint">{t(texts[id][1])}</span>
                        </span>
                    </label>
                ))}
            </fieldset>
            {failed === null ? null : (
                <p class="notice bad" role="alert">
                    <Icon name="warn" />
                    {t('remove_failed', { reason: reason(failed) })}
                </p>
            )}
            <div class="dialog-actions">
                <button
                    type="button"
                    class="btn"
                    onClick={() => close(changed)}
                >
                    {t('cancel')}
                </button>
                <button
                    type="button"
                    class="btn danger"
                    disabled={busy}
                    onClick={() => void run()}
                >
                    {busy ? <span class="spin" /> : null}
                    {t('person_remove')}
                </button>
            </div>
        </Dialog>
    );
}

/* What went wrong; who has left by himself is gone all the same. */
async function removed(call: Call, id: string): Promise<ErrorCode | null> {
    const error = (await call.remove(id))
        ? null : (call.error.value ?? 'internal');

    return error === 'no-participant' ? null : error;
}

/* The door first: whoever is removed must find it shut. */
function shut(app: App, call: Call, way: Way): Promise<boolean> {
    switch (way) {
        case 'lobby':
            return call.setLobby(true);

        case 'lock':
            return call.setLocked(true);

        case 'password':
            return app.newPassword();

        case 'only':
            return Promise.resolve(true);
    }
}
