import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface Props {
    stream: MediaStream;
    mirror?: boolean;
    class?: string;
}

/* Pictures only: sound has its own elements, so every video is muted. */
export function Video(props: Props): JSX.Element {
    const ref = useRef<HTMLVideoElement>(null);

    useEffect(() => {
        const video = ref.current;

        if (video === null) {
            return;
        }

        video.srcObject = props.stream;
        void video.play().catch(() => {
            /* a newer stream or the end of the tile interrupts play() */
        });

        return () => {
            video.srcObject = null;
        };
    }, [props.stream]);

    return (
        <video
            ref={ref}
            class={`${props.class ?? ''} ${props.mirror ? 'mirror' : ''}`}
            autoplay
            muted
            playsInline
            disablePictureInPicture
            tabIndex={-1}
            aria-hidden="true"
        />
    );
}
