import type { JSX } from 'preact';

import { t } from '../i18n';
import { useApp } from './context';
import { Icon, type IconName } from './icon';
import { LevelMeter } from './level';
import { Video } from './video';

/* How one looks and sounds; nothing is asked before somebody clicks. */
export function Preview(): JSX.Element {
    const { media, preferences } = useApp();
    const cam = media.cam.value;
    const mic = media.mic.value;
    const asking = cam.state === 'asking' || mic.state === 'asking';
    const idle = cam.state !== 'on' && mic.state !== 'on' && !asking;

    return (
        <section class="preview" aria-label={t('preview')}>
            <div class="preview-picture">
                {cam.state === 'on' && cam.stream !== null ? (
                    <Video
                        stream={cam.stream}
                        mirror={preferences.value.mirror}
                    />
                ) : (
                    <div class="preview-empty">
                        {asking ? (
                            <>
                                <span class="spin" />
                                <p>{t('preview_asking')}</p>
                            </>
                        ) : idle ? (
                            <Ask />
                        ) : (
                            <>
                                <Icon name="cam-off" />
                                <p>{t('preview_off')}</p>
                            </>
                        )}
                    </div>
                )}
                {idle ? null : (
                    <div class="preview-controls">
                        <Toggle
                            on={mic.state === 'on' && media.micOn.value}
                            icons={['mic', 'mic-off']}
                            label={t('mic')}
                            onToggle={(on) => void media.setMic(on)}
                        />
                        <Toggle
                            on={cam.state === 'on' && media.camOn.value}
                            icons={['cam', 'cam-off']}
                            label={t('camera')}
                            onToggle={(on) => void media.setCam(on)}
                        />
                    </div>
                )}
            </div>
            {mic.state === 'on' ? (
                <LevelMeter media={media} />
            ) : (
                <p class="preview-hint muted small">
                    {idle ? t('preview_ask_hint') : t('mic_off')}
                </p>
            )}
        </section>
    );
}

function Ask(): JSX.Element {
    const { media } = useApp();

    return (
        <>
            <p class="preview-question">{t('preview_ask_title')}</p>
            <button
                type="button"
                class="btn primary"
                onClick={() => {
                    void media.setMic(true);
                    void media.setCam(true);
                }}
            >
                <Icon name="cam" />
                {t('preview_ask')}
            </button>
            <button
                type="button"
                class="btn quiet onscreen"
                onClick={() => void media.setMic(true)}
            >
                <Icon name="mic" />
                {t('preview_ask_mic')}
            </button>
        </>
    );
}

interface ToggleProps {
    on: boolean;
    icons: readonly [IconName, IconName];
    label: string;
    onToggle: (on: boolean) => void;
}

/* Pressed means on; the name stays the same, as screen readers expect. */
function Toggle(props: ToggleProps): JSX.Element {
    return (
        <button
            type="button"
            class={props.on ? 'round' : 'round off'}
            aria-pressed={props.on}
            aria-label={props.label}
            onClick={() => props.onToggle(!props.on)}
        >
            <Icon name={props.on ? props.icons[0] : props.icons[1]} />
        </button>
    );
}
