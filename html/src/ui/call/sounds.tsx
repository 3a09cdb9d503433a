import { signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { t } from '../../i18n';
import { useApp, useCall } from '../context';
import { Icon } from '../icon';

/* Counts up to ask every element to try again after a click. */
const kick = signal(0);

/* All sound of the call, apart from the pictures: nothing on screen cuts it. */
export function Sounds(): JSX.Element {
    const call = useCall();
    const blocked = useSignal(false);

    return (
        <>
            {call.sounds.value.map((sound) => (
                <Sound
                    key={sound.key}
                    stream={sound.stream}
                    onBlocked={() => {
                        blocked.value = true;
                    }}
                />
            ))}
            {blocked.value ? (
                <div class="notice warm sound-blocked" role="alert">
                    <Icon name="speaker" />
                    {t('sound_blocked')}
                    <button
                        type="button"
                        class="btn compact primary"
                        onClick={() => {
                            blocked.value = false;
                            kick.value++;
                        }}
                    >
                        {t('sound_allow')}
                    </button>
                </div>
            ) : null}
        </>
    );
}

interface SinkElement extends HTMLAudioElement {
    setSinkId(id: string): Promise<void>;
}

function Sound(props: {
    stream: MediaStream;
    onBlocked: () => void;
}): JSX.Element {
    const app = useApp();
    const ref = useRef<HTMLAudioElement>(null);
    const speaker = app.preferences.value.speaker;
    const again = kick.value;

    useEffect(() => {
        const audio = ref.current;

        if (audio === null) {
            return;
        }

        if (audio.srcObject !== props.stream) {
            audio.srcObject = props.stream;
        }

        audio.play().catch((error: unknown) => {
            if (error instanceof DOMException && error.name === 'NotAllowedError') {
                props.onBlocked();
            }
        });
    }, [props.stream, again]);

    useEffect(() => {
        const audio = ref.current;

        if (audio !== null && 'setSinkId' in audio) {
            (audio as SinkElement).setSinkId(speaker).catch(() => {
                /* the device is gone: the browser goes on with its default */
            });
        }
    }, [speaker]);

    return <audio ref={ref} autoplay />;
}
