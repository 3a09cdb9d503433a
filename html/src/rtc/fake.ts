/* Peer connections for tests: they do nothing but remember and obey. */

import { NetError } from '../net/errors';
import type { FakeClock } from '../net/fake';
import type { Json } from '../net/wire';
import type { ConnectionOptions, ConnectionState } from './connection';


export class FakeTrack {
    readyState = 'live';
    muted = false;
    contentHint = '';
    onended: (() => void) | null = null;

    constructor(readonly kind: string, readonly id: string = kind) {}

    stop(): void {
        this.readyState = 'ended';
    }

    applyConstraints(): Promise<void> {
        return Promise.resolve();
    }

    asTrack(): MediaStreamTrack {
        return this as unknown as MediaStreamTrack;
    }
}


export class FakeTransceiver {
    mid: string | null = null;
    direction: string | undefined;
    currentDirection: string | undefined;
    sources: { source: number; timestamp: number }[] = [];
    readonly replaced: unknown[] = [];
    readonly parameters: RTCRtpSendParameters[] = [];
    readonly sender;
    readonly receiver;

    constructor(track: unknown, readonly kind: string,
        readonly init: RTCRtpTransceiverInit)
    {
        this.direction = init.direction;
        this.sender = {
            track,
            replaceTrack: async (next: unknown) => {
                this.replaced.push(next);
                this.sender.track = next;
            },
            getParameters: () => ({
                encodings: init.sendEncodings?.map((one) => ({ ...one })),
            }),
            setParameters: async (p: RTCRtpSendParameters) => {
                this.parameters.push(p);
            },
        };
        this.receiver = {
            track: new FakeTrack(kind),
            getContributingSources: () => this.sources,
            jitterBufferTarget: null as number | null,
        };
    }
}


export class FakePeer {
    connectionState = 'new';
    signalingState = 'stable';
    remoteDescription: unknown = null;
    onconnectionstatechange: (() => void) | null = null;
    closed = false;
    readonly offers: RTCOfferOptions[] = [];
    readonly transceivers: FakeTransceiver[] = [];

    addTransceiver(what: unknown, init: RTCRtpTransceiverInit) {
        const kind = typeof what === 'string'
            ? what : (what as FakeTrack).kind;
        const one = new FakeTransceiver(
            typeof what === 'string' ? null : what, kind, init);

        this.transceivers.push(one);
        return one;
    }

    getTransceivers() {
        return this.transceivers;
    }

    async createOffer(options: RTCOfferOptions) {
        this.offers.push(options);
        return { type: 'offer', sdp: `offer ${this.offers.length}` };
    }

    async setLocalDescription() {
        this.signalingState = 'have-local-offer';
        this.transceivers.forEach((one, i) => { one.mid ??= String(i); });
    }

    async setRemoteDescription(description: unknown) {
        this.remoteDescription = description;
        this.transceivers.forEach((one) => {
            one.currentDirection = one.direction;
        });
        this.signalingState = 'stable';
    }

    become(state: string): void {
        this.connectionState = state;
        this.onconnectionstatechange?.();
    }

    close(): void {
        this.closed = true;
        this.connectionState = 'closed';
    }
}


/* A server that answers, or fails with the codes it is given. */
export class FakeMedia {
    readonly peers: FakePeer[] = [];
    readonly asked: Json[] = [];
    readonly states: ConnectionState[] = [];
    failures: string[] = [];
    silent = false;
    offers = 0;
    private waiting: (() => void)[] = [];

    constructor(readonly clock: FakeClock) {}

    get peer(): FakePeer {
        return this.peers.at(-1)!;
    }

    options(): ConnectionOptions {
        return {
            create: () => {
                this.peers.push(new FakePeer());
                return this.peer as unknown as RTCPeerConnection;
            },
            ask: (message) => new Promise((resolve, reject) => {
                this.asked.push(message);

                const answer = (): void => {
                    const code = this.failures.shift();

                    if (code === undefined) {
                        resolve({ type: 'answer', sdp: 'answer' });

                    } else {
                        reject(new NetError(code as 'timeout'));
                    }
                };

                if (this.silent) {
                    this.waiting.push(answer);

                } else {
                    answer();
                }
            }),
            clock: this.clock,
            random: () => 1,
            seconds: () => 1_700_000_100,
            onState: (state) => this.states.push(state),
            onOffer: () => { this.offers += 1; },
            onConnection: () => undefined,
        };
    }

    answer(): void {
        this.waiting.shift()?.();
    }
}
