import type { JSX } from 'preact';

import { t } from '../i18n';
import type { Media } from '../model/types';

const BARS = 16;

/* A quiet row of bars; words for those who do not see it. */
export function LevelMeter({ media }: { media: Media }): JSX.Element {
    const silent = media.silent.value;

    return (
        <div class="level">
            <Bars media={media} />
            <span class="sr">{t('level')}</span>
            <span
                class={silent ? 'level-text warm' : 'level-text'}
                role="status"
            >
                {silent ? t('level_silent') : t('level_ok')}
            </span>
        </div>
    );
}

function Bars({ media }: { media: Media }): JSX.Element {
    const lit = Math.round(Math.min(1, media.level.value) * BARS);
    const bars = [];

    for (let i = 0; i < BARS; i++) {
        bars.push(<i key={i} class={i < lit ? 'on' : undefined} />);
    }

    return (
        <span class="level-bars" aria-hidden="true">
            {bars}
        </span>
    );
}
