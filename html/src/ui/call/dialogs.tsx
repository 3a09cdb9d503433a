import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { t, type Key } from '../../i18n';
import { LanguageSwitch, ThemeSwitch } from '../appearance';
import { useApp, useCall } from '../context';
import {
    CameraSelect, DeviceProblems, MicrophoneSelect, SpeakerSelect,
} from '../devices';
import { Confirm, Dialog } from '../dialog';
import { reason } from '../errors';
import { Check } from '../forms';
import { LevelMeter } from '../level';
import { ShareCard } from '../sharecard';
import { Removing } from './removing';
import { RoomBox } from './roombox';
import { useView } from './view';

/* Whichever dialog is open; never more than one. */
export function Boxes(): JSX.Element | null {
    const call = useCall();
    const view = useView();
    const box = view.box.value;
    const close = (): void => {
        view.box.value = { name: 'none' };
    };

    switch (box.name) {
        case 'none':
            return null;

        case 'invite':
            return <Invite onClose={close} />;

        case 'settings':
            return <Settings onClose={close} />;

        case 'help':
            return <Help onClose={close} />;

        case 'delete':
            return <Delete onClose={close} />;

        case 'end':
            return (
                <Confirm
                    title={t('end_title')}
                    text={t('end_text')}
                    confirm={t('end_confirm')}
                    keep={t('cancel')}
                    onConfirm={() => void call.endForAll()}
                    onClose={close}
                />
            );

        case 'leave':
            return <Leave onClose={close} />;

        case 'remove':
            return <Removing id={box.id} who={box.who} onClose={close} />;

        case 'room':
            return <RoomBox onClose={close} />;
    }
}

interface Closing {
    onClose: () => void;
}

function Invite({ onClose }: Closing): JSX.Element {
    const share = useApp().share.value;

    return (
        <Dialog title={t('share_title')} wide onClose={onClose}>
            {share === null ? null : <ShareCard share={share} heading="h3" />}
        </Dialog>
    );
}

/* One confirmation, then it is gone; the end page follows by itself. */
function Delete({ onClose }: Closing): JSX.Element {
    const app = useApp();
    const call = useCall();
    const busy = app.busy.value === 'delete';
    const [tried, setTried] = useState(false);
    const error = tried && !busy ? app.error.value : null;

    return (
        <Confirm
            title={t('delete_title')}
            text={t('delete_text', { room: call.room.value.name })}
            confirm={t(busy ? 'delete_busy' : 'delete_confirm')}
            keep={t('delete_keep')}
            busy={busy}
            error={
                error === null
                    ? null
                    : t('delete_failed', { reason: reason(error) })
            }
            onConfirm={() => {
                setTried(true);
                void app.deleteRoom();
            }}
            onClose={onClose}
        />
    );
}

function Leave({ onClose }: Closing): JSX.Element {
    const call = useCall();
    const view = useView();
    const app = useApp();
    const share = app.share.value;
    const kept =
        share !== null && app.remembered.value.includes(share.room);

    return (
        <Dialog
            title={t('leave_owner_title')}
            role="alertdialog"
            onClose={onClose}
        >
            <p>{t('leave_owner_text')}</p>
            <Check
                label={t('share_remember')}
                hint={t('share_remember_hint')}
                checked={kept}
                onChange={(keep) => app.remember(keep)}
            />
            <div class="dialog-actions">
                <button
                    type="button"
                    class="btn"
                    data-autofocus
                    onClick={() => {
                        view.box.value = { name: 'invite' };
                    }}
                >
                    {t('leave_owner_stay')}
                </button>
                <button
                    type="button"
                    class={kept ? 'btn primary' : 'btn danger'}
                    onClick={() => call.leave()}
                >
                    {t(kept ? 'ctl_leave' : 'leave_anyway')}
                </button>
            </div>
        </Dialog>
    );
}

function Settings({ onClose }: Closing): JSX.Element {
    const app = useApp();
    const preferences = app.preferences.value;
    const { media } = app;

    return (
        <Dialog title={t('settings')} onClose={onClose}>
            <section class="stack">
                <h3>{t('settings_devices')}</h3>
                <DeviceProblems />
                <MicrophoneSelect />
                {media.mic.value.state === 'on' ? (
                    <LevelMeter media={media} />
                ) : null}
                <CameraSelect />
                <SpeakerSelect />
                <Check
                    label={t('save_data')}
                    hint={t('save_data_hint')}
                    checked={preferences.saveData}
                    onChange={(saveData) => app.setPreferences({ saveData })}
                />
                {preferences.saveData ? (
                    <Check
                        label={t('speaker_only')}
                        hint={t('speaker_only_hint')}
                        checked={preferences.speakerOnly}
                        onChange={(speakerOnly) =>
                            app.setPreferences({ speakerOnly })
                        }
                    />
                ) : null}
                {media.canShare ? (
                    <Check
                        label={t('motion')}
                        hint={t('motion_hint')}
                        checked={media.motion.value}
                        onChange={(on) => media.setMotion(on)}
                    />
                ) : null}
                <details class="sound-details">
                    <summary>{t('settings_sound')}</summary>
                    <div class="stack">
                        <Check
                            label={t('sound_echo')}
                            checked={preferences.echoCancellation}
                            onChange={(echoCancellation) =>
                                app.setPreferences({ echoCancellation })
                            }
                        />
                        <Check
                            label={t('sound_noise')}
                            checked={preferences.noiseSuppression}
                            onChange={(noiseSuppression) =>
                                app.setPreferences({ noiseSuppression })
                            }
                        />
                        <Check
                            label={t('sound_gain')}
                            checked={preferences.autoGainControl}
                            onChange={(autoGainControl) =>
                                app.setPreferences({ autoGainControl })
                            }
                        />
                    </div>
                </details>
            </section>
            <section class="stack">
                <h3>{t('settings_view')}</h3>
                <div class="row">
                    <LanguageSwitch />
                    <ThemeSwitch />
                </div>
                <Check
                    label={t('mirror')}
                    checked={preferences.mirror}
                    onChange={(mirror) => app.setPreferences({ mirror })}
                />
                <ShortcutSwitch />
            </section>
        </Dialog>
    );
}

function ShortcutSwitch(): JSX.Element {
    const app = useApp();

    return (
        <Check
            label={t('help_switch')}
            hint={t('help_switch_hint')}
            checked={app.preferences.value.shortcuts}
            onChange={(shortcuts) => app.setPreferences({ shortcuts })}
        />
    );
}

const shortcuts: readonly (readonly [keys: readonly string[], text: Key])[] = [
    [['M'], 'help_mic'],
    [['space'], 'help_ptt'],
    [['V'], 'help_cam'],
    [['D'], 'help_screen'],
    [['C'], 'help_chat'],
    [['P'], 'help_people'],
    [['W'], 'help_full'],
    [['←', '→'], 'help_page'],
    [['?'], 'help_help'],
    [['esc'], 'help_esc'],
];

function Help({ onClose }: Closing): JSX.Element {
    return (
        <Dialog title={t('help_title')} onClose={onClose}>
            <dl class="keys">
                {shortcuts.map(([keys, text]) => (
                    <div key={text}>
                        <dt>
                            {keys.map((key) => (
                                <kbd key={key}>
                                    {key === 'space'
                                        ? t('key_space')
                                        : key === 'esc'
                                          ? t('key_esc')
                                          : key}
                                </kbd>
                            ))}
                        </dt>
                        <dd>{t(text)}</dd>
                    </div>
                ))}
            </dl>
            <ShortcutSwitch />
        </Dialog>
    );
}
