import type { JSX } from 'preact';
import { encode } from 'uqr';

const QUIET = 3;

/* A QR code as one path; dark on light in every theme, or phones miss it. */
export default function QrCode(props: {
    text: string;
    label: string;
}): JSX.Element {
    const { data, size } = encode(props.text, { ecc: 'M', border: 0 });
    const side = size + 2 * QUIET;
    let path = '';

    data.forEach((row, y) =>
        row.forEach((dark, x) => {
            if (dark) {
                path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
            }
        }),
    );

    return (
        <svg
            class="qr"
            viewBox={`0 0 ${side} ${side}`}
            role="img"
            aria-label={props.label}
            shape-rendering="crispEdges"
        >
            <rect width={side} height={side} fill="#fff" />
            <path d={path} fill="#111" />
        </svg>
    );
}
