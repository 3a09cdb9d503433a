import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { t, type Key } from '../../i18n';
import type { Matter, Trouble } from '../../model/types';
import { useApp, useCall } from '../context';
import { Icon } from '../icon';
import { announce } from '../live';
import { PopButton } from './menu';
import { useView } from './view';

/* A slow network in words: what is wrong, and what to do about it. */

const shorts: Record<Matter, Key> = {
    up: 'trouble_up_short',
    down: 'trouble_down_short',
    loss: 'trouble_loss_short',
    delay: 'trouble_delay_short',
    cpu: 'trouble_cpu_short',
};

export function troubleShort(trouble: Trouble): string {
    return t(shorts[trouble.what]);
}

export function troubleText({ what, bad, value }: Trouble): string {
    switch (what) {
        case 'up':
            return t(bad ? 'trouble_up_bad' : 'trouble_up');

        case 'down':
            return t(bad ? 'trouble_down_bad' : 'trouble_down');

        case 'loss':
            return t('trouble_loss', { n: value });

        case 'delay':
            return t('trouble_delay', { n: value });

        case 'cpu':
            return t('trouble_cpu');
    }
}

/* The worst comes first. */
export function worst(troubles: readonly Trouble[]): Trouble | undefined {
    return troubles.find((trouble) => trouble.bad) ?? troubles[0];
}

export function TroubleTag(): JSX.Element | null {
    const call = useCall();
    const troubles = call.watch.troubles.value;
    const first = worst(troubles);

    useSaid(troubles);

    /* without a connection there is but one thing to say, and it is said */
    if (first === undefined || call.link.value === 'reconnecting') {
        return null;
    }

    return (
        <PopButton
            class={first.bad ? 'tag warm trouble' : 'tag trouble'}
            label={t('trouble_label', { what: troubleShort(first) })}
            face={
                <>
                    <Icon name="signal-low" />
                    <span>{troubleShort(first)}</span>
                </>
            }
        >
            <ul class="trouble-list">
                {troubles.map((trouble) => (
                    <li key={trouble.what}>{troubleText(trouble)}</li>
                ))}
            </ul>
            <Remedies troubles={troubles} />
        </PopButton>
    );
}

function Remedies(props: { troubles: readonly Trouble[] }): JSX.Element {
    const app = useApp();
    const view = useView();
    const { saveData, speakerOnly } = app.preferences.value;
    const busy = props.troubles.every((trouble) => trouble.what === 'cpu');

    return (
        <>
            <p class="small muted">
                {t(busy ? 'remedy_device' : 'remedy_place')}
            </p>
            {saveData ? null : (
                <button
                    type="button"
                    class="btn compact"
                    onClick={() => app.setPreferences({ saveData: true })}
                >
                    <Icon name="saver" />
                    {t('save_data')}
                </button>
            )}
            {saveData && !speakerOnly ? (
                <button
                    type="button"
                    class="btn compact"
                    onClick={() => app.setPreferences({ speakerOnly: true })}
                >
                    <Icon name="saver" />
                    {t('speaker_only')}
                </button>
            ) : null}
            {app.media.camOn.value ? (
                <button
                    type="button"
                    class="btn compact"
                    onClick={() => void app.media.setCam(false)}
                >
                    <Icon name="cam-off" />
                    {t('remedy_camera')}
                </button>
            ) : null}
            <button
                type="button"
                class="btn compact quiet"
                onClick={() => {
                    view.panel.value = 'statistics';
                }}
            >
                <Icon name="gauge" />
                {t('ctl_statistics')}
            </button>
        </>
    );
}

/* Readers hear of it once, when it becomes bad. */
function useSaid(troubles: readonly Trouble[]): void {
    const said = useRef<ReadonlySet<Matter>>(new Set());

    useEffect(() => {
        const bad = troubles.filter((trouble) => trouble.bad);

        for (const trouble of bad) {
            if (!said.current.has(trouble.what)) {
                announce(troubleText(trouble));
            }
        }

        said.current = new Set(bad.map((trouble) => trouble.what));
    }, [troubles]);
}

/* Nobody should wonder later why pictures are small: one click back. */
export function SavingTag(): JSX.Element | null {
    const app = useApp();
    const { saveData, speakerOnly } = app.preferences.value;

    if (!saveData) {
        return null;
    }

    return (
        <button
            type="button"
            class="tag saving"
            aria-label={`${t('saving')}: ${t('saving_stop')}`}
            title={t('saving_stop')}
            onClick={() => {
                app.setPreferences({ saveData: false });
                announce(t('saving_off'));
            }}
        >
            <Icon name="saver" />
            <span>{t(speakerOnly ? 'saving_speaker' : 'saving')}</span>
            <Icon name="close" />
        </button>
    );
}
