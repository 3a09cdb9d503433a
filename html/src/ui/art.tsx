import type { JSX } from 'preact';

/* Three lit rooms in an arcade; colours come from the tokens. */
export function Hall(): JSX.Element {
    return (
        <svg class="hall" viewBox="0 0 520 440">
            <path class="h-wall" d="M0 440V150A150 150 0 0 1 150 0h220a150 150 0 0 1 150 150v290z" />
            <Arch x={40} top={206} width={128} tone="a" />
            <Arch x={196} top={120} width={150} tone="b" />
            <Arch x={374} top={232} width={110} tone="c" />
            <Person x={104} y={338} size={1} tone="1" />
            <Person x={250} y={318} size={1.12} tone="2" />
            <Person x={306} y={346} size={0.8} tone="3" />
            <Person x={429} y={352} size={0.86} tone="4" />
            <path class="h-wave" d="M216 268q-9-13 0-26M205 274q-14-19 0-38" />
            <path class="h-floor" d="M0 400h520v40H0z" />
            <path class="h-light" d="M52 400h104l26 40H20zM208 400h126l30 40H176zM384 400h90l26 40H362z" />
            <g class="h-lamp">
                <path d="M271 0v54" />
                <circle cx="271" cy="66" r="13" />
            </g>
        </svg>
    );
}

function Arch(props: {
    x: number;
    top: number;
    width: number;
    tone: string;
}): JSX.Element {
    const r = props.width / 2;
    const d =
        `M${props.x} 400V${props.top + r}a${r} ${r} 0 0 1 ` +
        `${props.width} 0V400z`;

    return <path class={`h-arch h-arch-${props.tone}`} d={d} />;
}

function Person(props: {
    x: number;
    y: number;
    size: number;
    tone: string;
}): JSX.Element {
    return (
        <g
            class={`h-person-${props.tone}`}
            transform={`translate(${props.x} ${props.y}) scale(${props.size})`}
        >
            <path d="M-36 80V34a36 36 0 0 1 72 0v46z" />
            <circle cx="0" cy="-30" r="22" />
        </g>
    );
}

/* A door, open with light behind it or shut: for pages of few words. */
export function DoorArt(props: { open: boolean }): JSX.Element {
    return (
        <svg class="door-art" viewBox="0 0 200 190" aria-hidden="true">
            <path class="h-arch h-arch-b" d="M50 170V80a50 50 0 0 1 100 0v90z" />
            {props.open ? (
                <>
                    <path class="d-glow" d="M60 170V80a40 40 0 0 1 80 0v90z" />
                    <path class="d-leaf" d="M60 170V80a40 40 0 0 1 14-30l-4 132z" />
                    <path class="h-light" d="M74 170h66l34 20H60z" />
                </>
            ) : (
                <>
                    <path class="d-leaf" d="M60 170V80a40 40 0 0 1 80 0v90z" />
                    <circle class="d-knob" cx="126" cy="118" r="4" />
                </>
            )}
            <path class="d-ground" d="M16 171h168" />
        </svg>
    );
}
