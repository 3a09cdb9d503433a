import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { plural, t } from '../../i18n';
import { useApp, useCall } from '../context';
import { CameraSelect, MicrophoneSelect, SpeakerSelect } from '../devices';
import { Icon, type IconName } from '../icon';
import { announce } from '../live';
import {
    canFullScreen, leave, toggleCam, toggleFullScreen, toggleMic, toggleShare,
} from './actions';
import { MenuButton, PopButton, type Item } from './menu';
import { useMedia } from './size';
import { togglePanel, useView, type Panel } from './view';

/* The row of buttons under the stage. */
export function Controls(): JSX.Element {
    const app = useApp();
    const call = useCall();
    const view = useView();
    const narrow = useMedia('(max-width: 40rem)');

    return (
        <nav
            class="controls"
            aria-label={t('controls')}
            /* clicks leave the focus alone: Space stays push to talk */
            onMouseDown={(event) => {
                if ((event.target as Element).closest('.menu') === null) {
                    event.preventDefault();
                }
            }}
        >
            <Microphone />
            <Camera />
            {narrow ? null : <Screen />}
            {narrow ? null : <PanelButton panel="people" />}
            <PanelButton panel="chat" />
            <More narrow={narrow} />
            <button
                type="button"
                class="ctl leave"
                aria-label={t('ctl_leave')}
                title={t('ctl_leave')}
                onClick={() => leave(app, call, view)}
            >
                <Icon name="leave" />
                <span class="caption">{t('ctl_leave')}</span>
            </button>
        </nav>
    );
}

interface ToggleProps {
    on: boolean;
    off?: boolean;
    label: string;
    icon: IconName;
    keys: string;
    busy?: boolean;
    denied?: boolean;            /* the right was taken */
    onClick: () => void;
}

function Toggle(props: ToggleProps): JSX.Element {
    return (
        <button
            type="button"
            class={props.off ? 'ctl off' : 'ctl'}
            aria-pressed={props.on}
            aria-label={
                props.denied
                    ? t('ctl_denied', { kind: props.label })
                    : props.label
            }
            aria-keyshortcuts={props.keys}
            title={
                props.denied
                    ? t('ctl_denied', { kind: props.label })
                    : `${props.label} (${props.keys})`
            }
            disabled={props.denied}
            onClick={props.onClick}
        >
            {props.busy ? <span class="spin" /> : <Icon name={props.icon} />}
            {props.denied ? (
                <span class="denied">
                    <Icon name="lock" />
                </span>
            ) : null}
            <span class="caption">{props.label}</span>
        </button>
    );
}

function Microphone(): JSX.Element {
    const app = useApp();
    const call = useCall();
    const view = useView();
    const { media } = app;
    const on = media.micOn.value && media.mic.value.state === 'on';
    const hint = media.talkingMuted.value && !on;

    return (
        <div class="ctl-group">
            {hint ? (
                <span class="bubble" role="status">
                    {t('muted_talking')}
                </span>
            ) : null}
            {view.talking.value ? <span class="bubble">{t('ptt')}</span> : null}
            <Toggle
                on={on}
                off={!on}
                label={t('ctl_mic')}
                icon={on ? 'mic' : 'mic-off'}
                keys="M"
                busy={media.mic.value.state === 'asking'}
                denied={!call.rights.value.has('mic')}
                onClick={() => void toggleMic(app)}
            />
            <PopButton label={t('mic_choose')} class="ctl-more">
                <MicrophoneSelect />
                <SpeakerSelect />
            </PopButton>
        </div>
    );
}

function Camera(): JSX.Element {
    const app = useApp();
    const call = useCall();
    const { media } = app;
    const on = media.camOn.value && media.cam.value.state === 'on';

    return (
        <div class="ctl-group">
            <Toggle
                on={on}
                off={!on}
                label={t('ctl_cam')}
                icon={on ? 'cam' : 'cam-off'}
                keys="V"
                busy={media.cam.value.state === 'asking'}
                denied={!call.rights.value.has('cam')}
                onClick={() => void toggleCam(app)}
            />
            <PopButton label={t('cam_choose')} class="ctl-more">
                <CameraSelect />
            </PopButton>
        </div>
    );
}

function Screen(): JSX.Element {
    const app = useApp();
    const call = useCall();
    const view = useView();
    const on = app.media.screen.value.state === 'on';

    return (
        <Toggle
            on={on}
            label={t('ctl_screen')}
            icon={on ? 'screen-off' : 'screen'}
            keys="D"
            denied={!call.rights.value.has('screen')}
            onClick={() => void toggleShare(app, view)}
        />
    );
}

function PanelButton({
    panel,
}: {
    panel: Exclude<Panel, 'none' | 'statistics'>;
}): JSX.Element {
    const call = useCall();
    const view = useView();
    const open = view.panel.value === panel;
    const label = t(panel === 'chat' ? 'ctl_chat' : 'ctl_people');
    const unread = panel === 'chat' ? call.chat.unread.value : 0;
    const count =
        panel === 'chat' ? unread : call.people.value.length;
    const name =
        panel === 'chat'
            ? unread > 0
                ? `${label}, ${plural('unread', unread)}`
                : label
            : `${label}, ${plural('people_count', count)}`;

    return (
        <button
            type="button"
            class="ctl"
            aria-expanded={open}
            aria-controls={open ? 'panel' : undefined}
            aria-label={name}
            aria-keyshortcuts={panel === 'chat' ? 'C' : 'P'}
            title={`${label} (${panel === 'chat' ? 'C' : 'P'})`}
            data-panel={panel}
            onClick={() => togglePanel(view, panel)}
        >
            <Icon name={panel} />
            <span class="caption">{label}</span>
            {count === 0 ? null : (
                <span
                    class={panel === 'chat' ? 'badge new' : 'badge'}
                    aria-hidden="true"
                >
                    {count > 99 ? '99+' : count}
                </span>
            )}
        </button>
    );
}

function More({ narrow }: { narrow: boolean }): JSX.Element {
    const app = useApp();
    const call = useCall();
    const view = useView();
    const full = useFullScreen();
    const rights = call.rights.value;
    const saving = app.preferences.value.saveData;
    const sharing = app.media.screen.value.state === 'on';
    const items: (Item | 'rule')[] = [];

    if (narrow) {
        items.push({
            icon: 'people',
            label: `${t('ctl_people')} (${call.people.value.length})`,
            run: () => togglePanel(view, 'people'),
        });

        if (app.media.canShare && rights.has('screen')) {
            items.push({
                icon: 'screen',
                label: t(sharing ? 'ctl_screen_stop' : 'ctl_screen'),
                run: () => void toggleShare(app, view),
            });
        }
    }

    items.push({
        icon: 'invite',
        label: t('ctl_invite'),
        run: () => {
            view.box.value = { name: 'invite' };
        },
    });

    if (canFullScreen()) {
        items.push({
            icon: full ? 'full-off' : 'full',
            label: t(full ? 'ctl_full_off' : 'ctl_full'),
            run: toggleFullScreen,
        });
    }

    items.push(
        {
            icon: view.selfHidden.value ? 'cam' : 'cam-off',
            label: t(
                view.selfHidden.value ? 'ctl_self_show' : 'ctl_self_hide',
            ),
            run: () => {
                view.selfHidden.value = !view.selfHidden.value;
            },
        },
        {
            icon: 'saver',
            label: t(saving ? 'saving_stop' : 'save_data'),
            run: () => {
                app.setPreferences({ saveData: !saving });
                announce(t(saving ? 'saving_off' : 'saving'));
            },
        },
        {
            icon: 'gauge',
            label: t('ctl_statistics'),
            run: () => togglePanel(view, 'statistics'),
        },
        {
            icon: 'settings',
            label: t('ctl_settings'),
            run: () => {
                view.box.value = { name: 'settings' };
            },
        },
        {
            icon: 'info',
            label: t('ctl_room'),
            run: () => {
                view.box.value = { name: 'room' };
            },
        },
        {
            icon: 'keyboard',
            label: t('ctl_help'),
            run: () => {
                view.box.value = { name: 'help' };
            },
        },
    );

    if (rights.has('moderate') || rights.has('settings')) {
        items.push('rule');
    }

    if (rights.has('settings')) {
        const locked = call.room.value.locked;

        items.push({
            icon: locked ? 'unlock' : 'lock',
            label: t(locked ? 'ctl_unlock' : 'ctl_lock'),
            run: () => void call.setLocked(!locked),
        });
    }

    if (rights.has('moderate')) {
        items.push({
            icon: 'leave',
            label: t('ctl_end'),
            bad: true,
            run: () => {
                view.box.value = { name: 'end' };
            },
        });
    }

    if (rights.has('delete')) {
        items.push({
            icon: 'trash',
            label: t('ctl_delete'),
            bad: true,
            run: () => {
                view.box.value = { name: 'delete' };
            },
        });
    }

    return (
        <MenuButton
            class="ctl"
            label={t('ctl_more')}
            caption={t('ctl_more')}
            icon="more"
            items={items}
        />
    );
}

function useFullScreen(): boolean {
    const [full, setFull] = useState(document.fullscreenElement !== null);

    useEffect(() => {
        const change = (): void =>
            setFull(document.fullscreenElement !== null);

        document.addEventListener('fullscreenchange', change);

        return () => document.removeEventListener('fullscreenchange', change);
    }, []);

    return full;
}
