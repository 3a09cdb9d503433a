import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { t } from '../../i18n';
import { useApp, useCall } from '../context';
import { deviceError } from '../errors';
import { Icon } from '../icon';
import { announce } from '../live';
import { TestLink } from '../testlink';

/* Shorter trouble is told in the bar, and passes by itself. */
const PATIENCE_MS = 10_000;

/* What stays in the way: in plain words, and the test that says more. */
export function Stuck(): JSX.Element | null {
    const { media } = useApp();
    const call = useCall();
    const mic = media.mic.value.error;
    const cam = media.cam.value.error;
    const devices = [
        ...(mic === null ? [] : [deviceError(mic, 'mic')]),
        ...(cam === null ? [] : [deviceError(cam, 'camera')]),
    ];
    const offline = useLasting(call.link.value !== 'online');
    const silent = useLasting(
        call.link.value === 'online' &&
            (isDown(call.publish.value) || isDown(call.subscribe.value)),
    );
    const lines = offline
        ? [t('stuck_socket')]
        : silent
          ? [t('stuck_media')]
          : devices;
    const text = lines.join('\n');
    /* what the join page has said already is no news */
    const [closed, setClosed] = useState(() => text);

    useEffect(() => {
        if (text === '') {
            setClosed('');
        } else if (text !== closed) {
            announce(text, true);
        }
    }, [text]);

    if (text === '' || text === closed) {
        return null;
    }

    return (
        <div class="knock stuck">
            <Icon name="warn" />
            <div class="grow">
                {lines.map((line) => (
                    <p key={line}>{line}</p>
                ))}
                <TestLink />
            </div>
            <button
                type="button"
                class="iconbtn"
                aria-label={t('close')}
                onClick={() => setClosed(text)}
            >
                <Icon name="close" />
            </button>
        </div>
    );
}

function isDown(state: string): boolean {
    return state === 'connecting' || state === 'trouble';
}

/* True once it has been so for long. */
function useLasting(now: boolean): boolean {
    const [lasting, setLasting] = useState(false);

    useEffect(() => {
        setLasting(false);

        if (!now) {
            return;
        }

        const timer = setTimeout(() => setLasting(true), PATIENCE_MS);

        return () => clearTimeout(timer);
    }, [now]);

    return now && lasting;
}
