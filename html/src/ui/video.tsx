import type { ComponentChild, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface Props {
    stream: MediaStream;
    mirror?: boolean;
    class?: string;
    before?: ComponentChild;    /* in its place until there is a picture */
}

/* Pictures only: sound has its own elements, so every video is muted. */
export function Video(props: Props): JSX.Element {
    const ref = useRef<HTMLVideoElement>(null);
    const [there, setThere] = useState<MediaStream | null>(null);
    const waits = props.before !== undefined && there !== props.stream;
    const classes = [props.class, props.mirror && 'mirror', waits && 'waits'];

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
        <>
            {waits ? props.before : null}
            <video
                ref={ref}
                class={classes.filter(Boolean).join(' ')}
                onLoadedData={() => setThere(props.stream)}
                autoplay
                muted
                playsInline
                disablePictureInPicture
                tabIndex={-1}
                aria-hidden="true"
            />
        </>
    );
}
