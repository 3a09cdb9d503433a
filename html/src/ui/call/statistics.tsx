import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { formatNumber, t, type Key } from '../../i18n';
import {
    figures, type Figures, type LayerFigures, type PathFigures, type Reading,
} from '../../model/figures';
import type { Kind, Person } from '../../model/types';
import { useCall } from '../context';
import { CopyButton } from '../forms';
import { PanelFrame } from './panel';

const EVERY_MS = 2000;

/* What is measured while somebody looks, and only then. */
export function StatisticsPanel(): JSX.Element {
    const call = useCall();
    const groups = useFigures();
    const shown =
        groups === null ? null : sections(groups, call.people.value);

    return (
        <PanelFrame title={t('stats_title')}>
            {shown === null ? (
                <p class="chat-note">
                    <span class="spin" />
                    {t('stats_wait')}
                </p>
            ) : (
                <div
                    class="stats"
                    tabIndex={0}
                    role="region"
                    aria-label={t('stats_title')}
                >
                    {shown.map((section) => (
                        <section key={section.title}>
                            <h3>{section.title}</h3>
                            <dl>
                                {section.rows.map(([name, value], i) => (
                                    <div key={i}>
                                        <dt>{name}</dt>
                                        <dd>{value}</dd>
                                    </div>
                                ))}
                            </dl>
                        </section>
                    ))}
                </div>
            )}
            {shown === null ? null : (
                <div class="stats-foot">
                    <CopyButton
                        compact
                        text={asText(shown)}
                        label={t('stats_copy')}
                    />
                    <p class="small muted">{t('stats_copy_hint')}</p>
                </div>
            )}
        </PanelFrame>
    );
}

function useFigures(): Figures | null {
    const call = useCall();
    const [now, setNow] = useState<Figures | null>(null);
    const before = useRef<Reading | null>(null);

    useEffect(() => {
        let over = false;

        async function look(): Promise<void> {
            const statistics = await call.statistics().catch(() => null);

            if (over || statistics === null) {
                return;
            }

            const reading = { atMs: performance.now(), statistics };

            if (before.current !== null) {
                setNow(figures(before.current, reading));
            }

            before.current = reading;
        }

        void look();
        const first = setTimeout(() => void look(), EVERY_MS / 2);
        const timer = setInterval(() => void look(), EVERY_MS);

        return () => {
            over = true;
            clearTimeout(first);
            clearInterval(timer);
        };
    }, [call]);

    return now;
}

interface Section {
    readonly title: string;
    readonly rows: readonly (readonly [name: string, value: string])[];
}

const kinds: Record<Kind, Key> = {
    'mic': 'stats_mic',
    'cam': 'stats_cam',
    'screen': 'stats_screen',
    'screen-audio': 'stats_screen_audio',
};

function sections(f: Figures, people: readonly Person[]): Section[] {
    const nameOf = (number: number): string =>
        people.find((p) => p.number === number)?.name ?? `#${number}`;

    return [
        { title: t('stats_down'), rows: pathRows(f.receiving) },
        {
            title: t('stats_up'),
            rows: [
                ...pathRows(f.sending),
                ...(f.sending.roomKbps === 0
                    ? []
                    : [[t('stats_room'), kbps(f.sending.roomKbps)] as const]),
            ],
        },
        ...f.sent.map((one) => ({
            title: t(kinds[one.kind], { name: t('stats_self') }),
            rows: [
                ...one.layers.map(
                    (layer) =>
                        [
                            t(layer.width === 0 ? 'stats_rate' : 'stats_sent'),
                            layer.width === 0
                                ? kbps(layer.kbps)
                                : `${size(layer)}, ${kbps(layer.kbps)}`,
                        ] as const,
                ),
                [t('stats_codec'), one.codec] as const,
                [t('stats_loss'), percent(one.lossPercent)] as const,
                ...(one.limited === '' || one.limited === 'other'
                    ? []
                    : [
                          [
                              t('stats_limited'),
                              t(
                                  one.limited === 'cpu'
                                      ? 'stats_limited_cpu'
                                      : 'stats_limited_net',
                              ),
                          ] as const,
                      ]),
            ],
        })),
        ...f.received.map((one) => ({
            title: t(kinds[one.kind], { name: nameOf(one.number) }),
            rows: [
                ...(one.width === 0
                    ? []
                    : [[t('stats_picture'), size(one)] as const]),
                [t('stats_rate'), kbps(one.kbps)] as const,
                [t('stats_loss'), percent(one.lossPercent)] as const,
                [t('stats_buffer'), ms(one.bufferMs)] as const,
                ...(one.width === 0
                    ? []
                    : [
                          [
                              t('stats_freezes'),
                              one.freezes === 0
                                  ? '0'
                                  : `${one.freezes} (${ms(one.frozenMs)})`,
                          ] as const,
                      ]),
                [t('stats_codec'), one.codec] as const,
            ],
        })),
    ];
}

function pathRows(p: PathFigures): (readonly [string, string])[] {
    return [
        [t('stats_rate'), kbps(p.kbps)],
        [t('stats_loss'), percent(p.lossPercent)],
        [t('stats_rtt'), p.rttMs === 0 ? '–' : ms(p.rttMs)],
    ];
}

const kbps = (n: number): string => `${formatNumber(n)} kbit/s`;
const ms = (n: number): string => `${formatNumber(n)} ms`;
const percent = (n: number): string => `${formatNumber(n)} %`;
const size = (l: LayerFigures): string =>
    `${l.width}×${l.height}, ${t('stats_fps', { n: l.fps })}`;

/* For whoever helps: names and numbers, no address. */
function asText(shown: readonly Section[]): string {
    return [
        `${t('brand')}, ${new Date().toISOString()}`,
        navigator.userAgent,
        ...shown.map((section) =>
            [
                section.title,
                ...section.rows.map(([name, value]) => `  ${name}: ${value}`),
            ].join('\n'),
        ),
    ].join('\n');
}
