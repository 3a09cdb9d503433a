import { useEffect } from 'preact/hooks';

import { t } from '../../i18n';
import type { App } from '../../model/types';
import { useApp } from '../context';
import { announce } from '../live';
import {
    toggleCam, toggleFullScreen, toggleMic, toggleShare,
} from './actions';
import { togglePanel, turnPage, useView, type View } from './view';

/*
 * Single keys work where nothing else wants them: not in fields, menus and
 * dialogs, not with modifiers, and Space only where it would press nothing.
 * A switch turns them all off (WCAG 2.1, 2.1.4).
 */
export function useShortcuts(): void {
    const app = useApp();
    const view = useView();

    useEffect(() => {
        const down = (event: KeyboardEvent): void => {
            if (app.preferences.value.shortcuts && isFree(event)) {
                onKey(event, app, view);
            }
        };
        const up = (event: KeyboardEvent): void => {
            if (event.code === 'Space') {
                stopTalking(app, view);
            }
        };
        const blur = (): void => stopTalking(app, view);

        document.addEventListener('keydown', down);
        document.addEventListener('keyup', up);
        window.addEventListener('blur', blur);

        return () => {
            document.removeEventListener('keydown', down);
            document.removeEventListener('keyup', up);
            window.removeEventListener('blur', blur);
            stopTalking(app, view);
        };
    }, [app, view]);
}

const BUSY =
    'input, textarea, select, [contenteditable], [role=menu], dialog';
const PRESSES = 'button, a[href], summary, [role=log]';

function isFree(event: KeyboardEvent): boolean {
    const target = event.target as Element;

    return (
        !event.ctrlKey &&
        !event.metaKey &&
        !event.altKey &&
        !event.isComposing &&
        !event.defaultPrevented &&
        target.closest(BUSY) === null &&
        document.querySelector('dialog[open]') === null
    );
}

function onKey(event: KeyboardEvent, app: App, view: View): void {
    if (event.code === 'Space') {
        if ((event.target as Element).closest(PRESSES) === null) {
            event.preventDefault();
            startTalking(event, app, view);
        }

        return;
    }

    if (event.repeat) {
        return;
    }

    switch (event.key.toLowerCase()) {
        case 'm':
            void toggleMic(app);
            break;

        case 'v':
            void toggleCam(app);
            break;

        case 'd':
            void toggleShare(app, view);
            break;

        case 'c':
            togglePanel(view, 'chat');
            break;

        case 'p':
            togglePanel(view, 'people');
            break;

        case 'w':
        case 's':
            toggleFullScreen();
            break;

        case 'arrowleft':
            turnPage(view, -1);
            break;

        case 'arrowright':
            turnPage(view, 1);
            break;

        case '?':
            view.box.value = { name: 'help' };
            break;

        default:
            return;
    }

    event.preventDefault();
}

function startTalking(event: KeyboardEvent, app: App, view: View): void {
    if (event.repeat || view.talking.value || app.media.micOn.value) {
        return;
    }

    view.talking.value = true;
    void app.media.setMic(true);
}

function stopTalking(app: App, view: View): void {
    if (!view.talking.value) {
        return;
    }

    view.talking.value = false;
    void app.media.setMic(false);
    announce(t('mic_off'));
}
