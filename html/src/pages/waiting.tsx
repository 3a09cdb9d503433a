import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import { t } from '../i18n';
import type { Phase } from '../model/types';
import { DoorArt } from '../ui/art';
import { chime } from '../ui/chime';
import { useApp } from '../ui/context';
import { Icon } from '../ui/icon';
import { announce } from '../ui/live';
import { Shell } from '../ui/shell';

/* In the lobby: nothing of the room is known here yet. */
export function WaitingPage({
    phase,
}: {
    phase: Extract<Phase, { name: 'waiting' }>;
}): JSX.Element {
    const app = useApp();
    const { message } = phase;

    useEffect(() => {
        if (message !== null) {
            chime();
            announce(`${t('waiting_message')}: ${message}`, true);
        }
    }, [message]);

    /* admitted or not: whoever looks elsewhere should hear that it goes on */
    useEffect(() => chime, []);

    return (
        <Shell class="message">
            <DoorArt open={false} />
            <h1>{t('waiting_title')}</h1>
            <p class="lead">{t('waiting_text', { room: phase.room })}</p>
            {message === null ? (
                <p class="waiting-line">
                    <span class="spin" />
                </p>
            ) : (
                <figure class="notice waiting-message">
                    <Icon name="chat" />
                    <div>
                        <figcaption class="small muted">
                            {t('waiting_message')}
                        </figcaption>
                        <p dir="auto">{message}</p>
                    </div>
                </figure>
            )}
            <button
                type="button"
                class="btn quiet"
                onClick={() => app.home()}
            >
                {t('waiting_leave')}
            </button>
        </Shell>
    );
}
