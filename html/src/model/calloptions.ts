/* What a call needs of the application around it. */

import type { Bytes } from '../crypto/bytes';
import type { Clock } from '../net/clock';
import type { SocketFactory } from '../net/line';
import type { RoomChange } from '../net/rest';
import type { SessionEnd } from '../net/session';
import type { MediaModel } from './media';
import type { Saving } from './saving';
import type { RoomState } from './types';


export interface CallOptions {
    readonly room: string;
    readonly name: string;
    readonly token: string;
    readonly wrap: Bytes;           /* owned by the caller */
    readonly url: string;
    readonly clock: Clock;
    readonly random: () => number;
    readonly wall: () => number;    /* Unix milliseconds */
    readonly socket: SocketFactory;
    readonly peer: () => RTCPeerConnection;
    readonly stream: (track: MediaStreamTrack) => MediaStream;
    readonly media: MediaModel;
    readonly small: boolean;
    readonly saving: Saving;
    readonly change: (change: RoomChange) => Promise<boolean>;
    readonly reachable: () => Promise<boolean>;
    readonly onToken: (token: string) => void;
    readonly onWaiting: (message: string | null) => void;
    readonly onOnline: () => void;  /* the first time everything is known */
    readonly onRoom: (room: RoomState) => void;
    readonly refused: () => Promise<string | null>;
    readonly onEnd: (reason: SessionEnd) => void;
}
