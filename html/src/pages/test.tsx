import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { language, t, type Key } from '../i18n';
import type {
    App, Capture, Finding, Findings, FindingState, Trial, TrialError,
} from '../model/types';
import { useApp } from '../ui/context';
import { deviceError } from '../ui/errors';
import { CopyButton } from '../ui/forms';
import { Icon, type IconName } from '../ui/icon';
import { LevelMeter } from '../ui/level';
import { announce } from '../ui/live';
import { Shell } from '../ui/shell';
import { Video } from '../ui/video';

const ICONS: Record<FindingState, IconName> = {
    open: 'clock', running: 'clock', good: 'check', fair: 'info', bad: 'warn',
    skipped: 'clock',
};

const TITLES: readonly (readonly [keyof Findings, Key])[] = [
    ['https', 'test_https'], ['websocket', 'test_websocket'],
    ['udp', 'test_udp'], ['roundTrip', 'test_rtt'], ['loss', 'test_loss'],
    ['up', 'test_up'], ['down', 'test_down'],
];

/* One button: devices and the way to the server, in words. */
export function TestPage(): JSX.Element {
    const app = useApp();
    const [trial, setTrial] = useState<Trial | null>(null);

    useEffect(() => {
        let made: Trial | null = null;
        let gone = false;

        void app.trial().then((one) => {
            made = one;

            if (!gone) {
                setTrial(one);
            }
        });

        return () => {
            gone = true;
            made?.stop();
        };
    }, []);

    return (
        <Shell class="test">
            <div class="test-head">
                <h1>{t('test_title')}</h1>
                <p class="lead">{t('test_lead')}</p>
            </div>
            {trial === null ? (
                <p class="waiting-line">
                    <span class="spin" />
                    {t('loading')}
                </p>
            ) : (
                <Test trial={trial} />
            )}
        </Shell>
    );
}

function Test({ trial }: { trial: Trial }): JSX.Element {
    const app = useApp();
    const state = trial.state.value;
    const running = state === 'running';

    useSpoken(trial);

    function start(): void {
        void app.media.setMic(true);
        void app.media.setCam(true);
        void trial.start();
    }

    return (
        <>
            <div class="test-run">
                <button
                    type="button"
                    class="btn primary large"
                    aria-disabled={running}
                    onClick={() => running || start()}
                >
                    {running ? <span class="spin" /> : <Icon name="check" />}
                    {t(running ? 'test_running'
                        : state === 'done' ? 'test_again' : 'test_start')}
                </button>
                {running ? (
                    <progress
                        aria-label={t('test_progress')}
                        max={1}
                        value={trial.progress.value}
                    />
                ) : null}
                {state === 'done' ? <Verdict trial={trial} /> : null}
            </div>
            <section class="card test-list">
                <h2>{t('test_connection')}</h2>
                <ul>
                    {TITLES.map(([name, title]) => (
                        <Row
                            key={name}
                            state={trial.findings.value[name].state}
                            title={t(title)}
                            text={words(name, trial)}
                        />
                    ))}
                </ul>
            </section>
            <Devices />
            {state === 'done' ? <Admin trial={trial} /> : null}
        </>
    );
}

function Row(props: { state: FindingState; title: string; text: string }):
    JSX.Element
{
    return (
        <li class={`finding ${props.state}`} data-state={props.state}>
            {props.state === 'running' ? (
                <span class="spin" />
            ) : (
                <Icon name={ICONS[props.state]} />
            )}
            <div>
                <h3>{props.title}</h3>
                {props.text === '' ? null : <p>{props.text}</p>}
            </div>
        </li>
    );
}

function Devices(): JSX.Element {
    const { media, preferences } = useApp();
    const mic = media.mic.value;
    const cam = media.cam.value;

    return (
        <section class="card test-list">
            <h2>{t('test_devices')}</h2>
            <ul>
                <Row
                    state={deviceState(mic, media.silent.value)}
                    title={t('mic')}
                    text={mic.state === 'on' && !media.silent.value ? ''
                        : micWords(mic, media.silent.value)}
                />
                {mic.state === 'on' ? (
                    <li class="finding-extra">
                        <LevelMeter media={media} />
                    </li>
                ) : null}
                <Row
                    state={deviceState(cam, false)}
                    title={t('camera')}
                    text={cam.state === 'on' ? t('test_cam_good')
                        : deviceWords(cam, 'camera')}
                />
                {cam.state === 'on' && cam.stream !== null ? (
                    <li class="finding-extra">
                        <Video
                            stream={cam.stream}
                            mirror={preferences.value.mirror}
                        />
                    </li>
                ) : null}
            </ul>
        </section>
    );
}

function Verdict({ trial }: { trial: Trial }): JSX.Element {
    const error = trial.error.value;
    const worst = worstOf(trial.findings.value);
    const mood = error !== null || worst === 'bad' ? 'bad'
        : worst === 'fair' ? 'warm' : '';

    return (
        <p class={`notice ${mood}`}>
            <Icon name={mood === '' ? 'check' : 'warn'} />
            {verdict(trial)}
        </p>
    );
}

/* What somebody else has to mend, in terms he can act on. */
function Admin({ trial }: { trial: Trial }): JSX.Element | null {
    const lines = adminWords(trial);
    const app = useApp();

    return (
        <section class="test-admin">
            {lines.length === 0 ? null : (
                <>
                    <h2>{t('test_admin')}</h2>
                    {lines.map((line) => <p key={line}>{line}</p>)}
                </>
            )}
            <CopyButton text={report(app, trial)} label={t('test_copy')} />
        </section>
    );
}

/* Progress is seen; the result is also heard. */
function useSpoken(trial: Trial): void {
    const state = trial.state.value;
    const before = useRef(state);

    useEffect(() => {
        if (state !== before.current) {
            before.current = state;

            if (state === 'running') {
                announce(t('test_running'));

            } else if (state === 'done') {
                announce([verdict(trial), ...TITLES
                    .filter(([name]) => isWrong(trial.findings.value[name]))
                    .map(([name]) => words(name, trial))].join(' '));
            }
        }
    }, [state]);
}


function isWrong(finding: Finding): boolean {
    return finding.state === 'bad' || finding.state === 'fair';
}


function worstOf(findings: Findings): FindingState {
    const all = TITLES.map(([name]) => findings[name].state);

    return all.includes('bad') ? 'bad'
        : all.some((state) => state === 'fair' || state === 'skipped')
            ? 'fair' : 'good';
}


function verdict(trial: Trial): string {
    const errors: Record<TrialError, Key> = {
        limited: 'test_limited', busy: 'test_others', away: 'test_away',
        broken: 'test_broken',
    };
    const error = trial.error.value;
    const worst = worstOf(trial.findings.value);

    return error !== null ? t(errors[error])
        : t(worst === 'good' ? 'test_all_good'
            : worst === 'fair' ? 'test_all_fair' : 'test_all_bad');
}


/* A finding in words. */
function words(name: keyof Findings, trial: Trial): string {
    const finding = trial.findings.value[name];
    const { state, code, value } = finding;

    if (state === 'open' || state === 'running') {
        return state === 'open' ? t('test_wait') : t('test_running');
    }

    if (state === 'skipped') {
        return t('test_skipped');
    }

    switch (name) {
        case 'https':
            return t(state === 'good' ? 'test_https_good'
                : code === 'insecure' ? 'test_https_insecure'
                    : 'test_https_bad');

        case 'websocket':
            return t(state === 'good' ? 'test_websocket_good'
                : 'test_websocket_bad');

        case 'udp':
            return state === 'good' ? t('test_udp_good')
                : code === 'no-echo' ? t('test_udp_no_echo')
                    : t('test_udp_bad', { ports: ports(trial) });

        case 'roundTrip':
            return t(`test_rtt_${state}`, { ms: value });

        case 'loss':
            return t(`test_loss_${state}`, { loss: decimal(value) });

        default: {
            const text = t(finding.least ? 'test_least' : 'test_rate',
                { rate: decimal(value / 1e6) });

            return code === 'busy' ? t('test_busy', { rate: text })
                : t(`test_${name}_${state}`, { rate: text });
        }
    }
}


function adminWords(trial: Trial): string[] {
    const { https, websocket, udp } = trial.findings.value;
    const host = location.hostname;
    const lines: string[] = [];

    if (https.state === 'bad' && https.code !== 'insecure') {
        lines.push(t('test_admin_https', { host }));
    }

    if (websocket.state === 'bad') {
        lines.push(t('test_admin_websocket', { host }));
    }

    if (udp.state === 'bad') {
        lines.push(t('test_admin_udp', { host, ports: ports(trial) }));
    }

    if (trial.error.value === 'away') {
        lines.push(t('test_admin_away', { host }));
    }

    return lines;
}


/* Everything as plain text, to be sent to somebody. */
function report(app: App, trial: Trial): string {
    return [
        `${t('test_title')} ${location.hostname}, ${new Date().toISOString()}`,
        navigator.userAgent,
        verdict(trial),
        ...adminWords(trial),
        ...TITLES.map(([name, title]) => `${t(title)}: ${words(name, trial)}`),
        `${t('mic')}: ${micWords(app.media.mic.value, app.media.silent.value)}`,
        `${t('camera')}: ${app.media.cam.value.state === 'on'
            ? t('test_cam_good') : deviceWords(app.media.cam.value, 'camera')}`,
    ].join('\n');
}


function ports(trial: Trial): string {
    const [first, last] = trial.ports.value;

    return t(first === last ? 'test_ports' : 'test_port_range',
        { first, last });
}


function decimal(value: number): string {
    return new Intl.NumberFormat(language.value,
        { maximumFractionDigits: 1 }).format(value);
}


function deviceState(capture: Capture, silent: boolean): FindingState {
    switch (capture.state) {
        case 'off': return 'open';
        case 'asking': return 'running';
        case 'failed': return 'bad';
        case 'on': return silent ? 'fair' : 'good';
    }
}


function micWords(capture: Capture, silent: boolean): string {
    return capture.state !== 'on' ? deviceWords(capture, 'mic')
        : t(silent ? 'test_mic_silent' : 'test_mic_good');
}


function deviceWords(capture: Capture, kind: 'mic' | 'camera'): string {
    return capture.error !== null ? deviceError(capture.error, kind)
        : t(capture.state === 'asking' ? 'test_device_asking'
            : 'test_device_off');
}
