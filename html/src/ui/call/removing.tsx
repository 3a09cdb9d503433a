import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

import { t, type Key } from '../../i18n';
import type { App, Call } from '../../model/types';
import { useApp, useCall } from '../context';
import { Dialog } from '../dialog';

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
    const [way, setWay] = useState<Way>('only');
    const owner = call.me.value.role === 'owner';
    const ways: Way[] = owner
        ? ['only', 'lobby', 'lock', 'password']
        : ['only', 'lobby', 'lock'];

    return (
        <Dialog
            title={t('remove_what', { name: props.who })}
            onClose={props.onClose}
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
            <div class="dialog-actions">
                <button type="button" class="btn" onClick={props.onClose}>
                    {t('cancel')}
                </button>
                <button
                    type="button"
                    class="btn danger"
                    onClick={() => {
                        void removed(app, call, props.id, way);
                        props.onClose();
                    }}
                >
                    {t('person_remove')}
                </button>
            </div>
        </Dialog>
    );
}

/* The door first: whoever is removed must find it shut. */
async function removed(
    app: App,
    call: Call,
    id: string,
    way: Way,
): Promise<void> {
    switch (way) {
        case 'lobby':
            await call.setLobby(true);
            break;

        case 'lock':
            await call.setLocked(true);
            break;

        case 'password':
            await app.newPassword();
            break;

        case 'only':
            break;
    }

    await call.remove(id);
}
