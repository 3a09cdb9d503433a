import { t } from '../../i18n';
import type { App, Call } from '../../model/types';
import { announce } from '../live';
import { note, type View } from './view';

/* What buttons and keys have in common. */

/* What goes wrong with a device is told by useNews(). */
export async function toggleMic(app: App): Promise<void> {
    const on = !app.media.micOn.value;

    if (await app.media.setMic(on)) {
        announce(t(on ? 'mic_on' : 'mic_off'));
    }
}

export async function toggleCam(app: App): Promise<void> {
    const on = !app.media.camOn.value;

    if (await app.media.setCam(on)) {
        announce(t(on ? 'cam_on' : 'cam_off'));
    }
}

export async function toggleShare(app: App, view: View): Promise<void> {
    const { media } = app;

    if (media.screen.value.state === 'on') {
        media.stopShare();
        return;
    }

    if (!media.canShare) {
        say(view, t('screen_unsupported'));
        return;
    }

    /* whoever closes the browser's own question needs no message */
    const done = await media.share();
    const error = media.screen.value.error;

    if (!done && error !== null && error !== 'denied') {
        say(view, t('screen_failed'));
    }
}

export function toggleFullScreen(): void {
    if (document.fullscreenElement === null) {
        void document.documentElement.requestFullscreen().catch(() => {
            /* refused by the browser: the page stays as it is */
        });
    } else {
        void document.exitFullscreen();
    }
}

export const canFullScreen = (): boolean =>
    typeof document.documentElement.requestFullscreen === 'function' &&
    document.fullscreenEnabled;

/* Whoever would lose the only key to the room is asked first. */
export function leave(app: App, call: Call, view: View): void {
    const share = app.share.value;

    if (
        share !== null &&
        share.teacherLink !== null &&
        !app.remembered.value.includes(share.room)
    ) {
        view.box.value = { name: 'leave' };
        return;
    }

    call.leave();
}

function say(view: View, text: string): void {
    note(view, text, true);
    announce(text, true);
}
