/* The application in a real browser. */

import { systemClock } from '../net/clock';
import type { SocketLike } from '../net/line';
import { Rest } from '../net/rest';
import { AppModel } from './application';
import type { App, Browser } from './types';


export function createApp(browser: Browser): App {
    const { origin, prefix } = browser;
    const { mediaDevices } = navigator;
    const rest = new Rest(origin + prefix + 'api/v1/');
    const socket = (url: string, subprotocol: string): SocketLike =>
        new WebSocket(url, subprotocol) as unknown as SocketLike;
    const peer = (): RTCPeerConnection => new RTCPeerConnection({
        bundlePolicy: 'max-bundle',
        iceServers: [],
    });
    const secure = globalThis.isSecureContext
        && globalThis.crypto?.subtle !== undefined;

    return new AppModel(browser, {
        rest,
        clock: systemClock,
        random: Math.random,
        wall: Date.now,

        socket,
        peer,
        stream: (track) => new MediaStream([track]),
        devices: mediaDevices as MediaDevices | undefined,
        granted,

        canChooseSpeaker: typeof HTMLMediaElement !== 'undefined'
            && 'setSinkId' in HTMLMediaElement.prototype,

        secure,

        /* fetched when somebody wants it */
        async trial() {
            const [{ TrialModel }, { makePicture }] = await Promise.all(
                [import('./trial'), import('../ui/stimulus')]);

            return new TrialModel({
                rest, socket, peer, secure, clock: systemClock,
                url: origin.replace(/^http/, 'ws') + prefix + 'api/v1/ws',
                picture: async () => makePicture(),
            });
        },

        watch(hint) {
            addEventListener('online', () => hint('online'));
            onNetworkChange(() => hint('online'));
            addEventListener('visibilitychange', () => {
                if (document.visibilityState === 'visible') {
                    hint('visible');
                }
            }, true);
        },
    });
}


async function granted(name: 'microphone' | 'camera'): Promise<boolean> {
    try {
        const status = await navigator.permissions
            .query({ name: name as PermissionName });

        return status.state === 'granted';

    } catch {
        return false;
    }
}


/* From Wi-Fi to mobile data and back, where the browser tells. */
function onNetworkChange(run: () => void): void {
    const { connection } = navigator as {
        connection?: EventTarget & { type?: string };
    };
    let type = connection?.type;

    connection?.addEventListener('change', () => {
        if (connection.type !== type) {
            type = connection.type;
            run();
        }
    });
}
