import type { JSX } from 'preact';

import { t } from '../i18n';
import { DoorArt } from '../ui/art';
import { useApp } from '../ui/context';
import { joinError } from '../ui/errors';
import { Icon } from '../ui/icon';
import { Shell } from '../ui/shell';
import { TestLink } from '../ui/testlink';

/* The computer slept: one click leads back, with the devices as they were. */
export function Away(): JSX.Element {
    const app = useApp();
    const busy = app.busy.value === 'join';
    const error = busy ? null : app.error.value;

    return (
        <Shell class="message">
            <DoorArt open />
            <h1>{t('away_title')}</h1>
            <p class="lead">{t('away_text')}</p>
            {error === null ? null : (
                <>
                    <p class="notice bad" role="alert">
                        <Icon name="warn" />
                        {joinError(error, true)}
                    </p>
                    <TestLink />
                </>
            )}
            <div class="row center">
                <button
                    type="button"
                    class="btn primary large"
                    disabled={busy}
                    onClick={() => void app.comeBack()}
                >
                    {busy ? <span class="spin" /> : <Icon name="door" />}
                    {t(busy ? 'join_busy' : 'away_back')}
                </button>
                <button
                    type="button"
                    class="btn quiet large"
                    onClick={() => app.home()}
                >
                    {t('home')}
                </button>
            </div>
        </Shell>
    );
}
