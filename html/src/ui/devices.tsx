import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

import { t } from '../i18n';
import type { Device } from '../model/types';
import { useApp } from './context';
import { deviceError } from './errors';
import { Icon } from './icon';

interface SelectProps {
    label: string;
    kind: string;
    devices: readonly Device[];
    value: string;
    none: string;
    onChange: (id: string) => void;
}

function DeviceSelect(props: SelectProps): JSX.Element {
    const id = useId();
    const known = props.devices.some((d) => d.id === props.value);

    return (
        <div class="field">
            <label for={id}>{props.label}</label>
            <select
                id={id}
                class="input"
                disabled={props.devices.length === 0}
                value={known ? props.value : ''}
                onChange={(event) => props.onChange(event.currentTarget.value)}
            >
                {props.devices.length === 0 ? (
                    <option value="">{props.none}</option>
                ) : known ? null : (
                    <option value="">{t('device_default')}</option>
                )}
                {props.devices.map((d, i) => (
                    <option key={d.id} value={d.id}>
                        {d.label === ''
                            ? t('device_unnamed', {
                                  kind: props.kind,
                                  n: i + 1,
                              })
                            : d.label}
                    </option>
                ))}
            </select>
        </div>
    );
}

export function MicrophoneSelect(): JSX.Element {
    const { media, preferences } = useApp();

    return (
        <DeviceSelect
            label={t('mic')}
            kind={t('mic')}
            devices={media.microphones.value}
            value={current(media.mic.value.stream, preferences.value.microphone)}
            none={t('mic_none')}
            onChange={(id) => void media.chooseMicrophone(id)}
        />
    );
}

export function CameraSelect(): JSX.Element {
    const { media, preferences } = useApp();

    return (
        <DeviceSelect
            label={t('camera')}
            kind={t('camera')}
            devices={media.cameras.value}
            value={current(media.cam.value.stream, preferences.value.camera)}
            none={t('camera_none')}
            onChange={(id) => void media.chooseCamera(id)}
        />
    );
}

/* Where the browser lets nobody choose, the list is empty: show nothing. */
export function SpeakerSelect(): JSX.Element | null {
    const app = useApp();
    const devices = app.media.speakers.value;

    if (devices.length === 0) {
        return null;
    }

    return (
        <DeviceSelect
            label={t('speaker')}
            kind={t('speaker')}
            devices={devices}
            value={app.preferences.value.speaker}
            none={t('device_default')}
            onChange={(id) => app.setPreferences({ speaker: id })}
        />
    );
}

/* The device that runs, or the one that was chosen. */
function current(stream: MediaStream | null, chosen: string): string {
    const id = stream?.getTracks()[0]?.getSettings().deviceId;

    return id ?? chosen;
}

/* What is wrong with microphone and camera, one line each. */
export function DeviceProblems(): JSX.Element | null {
    const { media } = useApp();
    const mic = media.mic.value.error;
    const cam = media.cam.value.error;

    if (mic === null && cam === null) {
        return null;
    }

    return (
        <div class="notice warm" role="alert">
            <Icon name="warn" />
            <div>
                {mic === null ? null : <p>{deviceError(mic, 'mic')}</p>}
                {cam === null ? null : <p>{deviceError(cam, 'camera')}</p>}
            </div>
        </div>
    );
}
