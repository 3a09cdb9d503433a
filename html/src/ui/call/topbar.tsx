import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { formatDate, formatShortDate, t } from '../../i18n';
import { useApp, useCall } from '../context';
import { Icon, Mark } from '../icon';
import { announce } from '../live';
import { SavingTag, TroubleTag } from './trouble';
import { useView } from './view';

/* Room, expiry, state of the connection, and the way to invite. */
export function TopBar(): JSX.Element {
    const app = useApp();
    const call = useCall();
    const view = useView();
    const room = call.room.value;
    const expires = room.expires ?? app.share.value?.expires ?? null;

    return (
        <header class="topbar">
            <Mark />
            <h1 class="room-name">{room.name}</h1>
            {room.locked ? (
                <span class="tag">
                    <Icon name="lock" />
                    <span>{t('room_locked')}</span>
                </span>
            ) : null}
            {expires === null ? null : (
                <span
                    class="expiry"
                    title={t('expires_title', { date: formatDate(expires) })}
                >
                    <Icon name="clock" />
                    <span aria-hidden="true">
                        {t('expires_on', { date: formatShortDate(expires) })}
                    </span>
                    <span class="sr">
                        {t('expires_title', { date: formatDate(expires) })}
                    </span>
                </span>
            )}
            <Connection />
            <TroubleTag />
            <SavingTag />
            <span class="grow" />
            <button
                type="button"
                class="btn compact"
                onClick={() => {
                    view.box.value = { name: 'invite' };
                }}
            >
                <Icon name="invite" />
                <span class="invite-word">{t('ctl_invite')}</span>
            </button>
        </header>
    );
}

/* Short trouble is none: nobody needs to see a hiccup. */
const PATIENCE_MS = 1200;

function Connection(): JSX.Element | null {
    const call = useCall();
    const link = call.link.value;
    const media =
        call.publish.value === 'trouble' || call.subscribe.value === 'trouble';
    const trouble = link === 'reconnecting' || media;
    const [shown, setShown] = useState(false);

    useEffect(() => {
        if (!trouble) {
            if (shown) {
                announce(t('reconnected'));
                setShown(false);
            }

            return;
        }

        const timer = setTimeout(() => {
            setShown(true);
            announce(t('reconnecting'));
        }, PATIENCE_MS);

        return () => clearTimeout(timer);
    }, [trouble]);

    if (link === 'connecting') {
        return (
            <span class="tag">
                <span class="spin" />
                <span>{t('connecting')}</span>
            </span>
        );
    }

    if (!shown) {
        return null;
    }

    return (
        <span class="tag warm">
            <span class="spin" />
            <span>{t('reconnecting')}</span>
        </span>
    );
}
