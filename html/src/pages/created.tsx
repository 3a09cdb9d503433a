import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import { t } from '../i18n';
import type { ShareCard as Card } from '../model/types';
import { useApp } from '../ui/context';
import { Icon } from '../ui/icon';
import { ShareCard } from '../ui/sharecard';
import { Shell } from '../ui/shell';

/* A room was made: hand out its links before entering. */
export function Created({ share }: { share: Card }): JSX.Element {
    const app = useApp();
    const kept = app.remembered.value.includes(share.room);

    /* the teacher link stands only here */
    useEffect(() => {
        if (kept) {
            return;
        }

        const ask = (event: Event): void => event.preventDefault();

        window.addEventListener('beforeunload', ask);

        return () => window.removeEventListener('beforeunload', ask);
    }, [kept]);

    return (
        <Shell class="created">
            <div class="created-head">
                <div>
                    <h1>{t('share_ready')}</h1>
                    <p class="lead">{t('share_ready_text')}</p>
                </div>
                <button
                    type="button"
                    class="btn primary large"
                    onClick={() => void app.open(share.room)}
                >
                    <Icon name="door" />
                    {t('share_enter')}
                </button>
            </div>
            <ShareCard share={app.share.value ?? share} heading="h2" />
        </Shell>
    );
}
