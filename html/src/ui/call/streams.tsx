import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { t } from '../../i18n';
import { codeOf } from '../../model/codes';
import type {
    NewStreamKey, StreamKey, StreamKind,
} from '../../model/types';
import { useApp } from '../context';
import { reason } from '../errors';
import { CopyButton } from '../forms';
import { Icon } from '../icon';
import { LinkLine } from '../sharecard';
import { announce } from '../live';

/* Keys for programs that stream into the room or show it elsewhere. */
export function Streams(): JSX.Element {
    const { streams } = useApp();
    const [keys, setKeys] = useState<readonly StreamKey[]>([]);
    const [made, setMade] = useState<NewStreamKey | null>(null);
    const [failed, setFailed] = useState<string | null>(null);
    const [busy, setBusy] = useState(true);

    async function run(change: () => Promise<void>): Promise<void> {
        setBusy(true);
        setFailed(null);

        try {
            await change();
            setKeys(await streams.list());
        } catch (error) {
            setFailed(reason(codeOf(error)));
        } finally {
            setBusy(false);
        }
    }

    useEffect(() => void run(async () => undefined), []);

    function make(kind: StreamKind): Promise<void> {
        return run(async () => {
            setMade(await streams.make(kind));
            announce(t('stream_made'));
        });
    }

    function revoke(id: string): Promise<void> {
        return run(async () => {
            await streams.revoke(id);
            setMade((now) => (now?.id === id ? null : now));
            announce(t('stream_revoked'));
        });
    }

    return (
        <section class="stack">
            <h3 class="stream-title">{t('stream_title')}</h3>
            <p class="small muted">{t('stream_text')}</p>
            {keys.length === 0 ? null : (
                <ul class="stream-keys">
                    {keys.map((key) => (
                        <Key key={key.id} of={key} busy={busy}
                            onRevoke={() => void revoke(key.id)} />
                    ))}
                </ul>
            )}
            {made === null ? null : <Made made={made} />}
            <div class="row">
                {(['whip', 'whep'] as const).map((kind) => (
                    <button
                        key={kind}
                        type="button"
                        class="btn compact"
                        aria-disabled={busy}
                        onClick={() => void (busy || make(kind))}
                    >
                        <Icon name="key" />
                        {t(kind === 'whip' ? 'stream_new_whip'
                            : 'stream_new_whep')}
                    </button>
                ))}
            </div>
            {failed === null ? null : (
                <p class="notice bad" role="alert">
                    <Icon name="warn" />
                    {t('stream_failed', { reason: failed })}
                </p>
            )}
        </section>
    );
}

function Key(props: {
    of: StreamKey;
    busy: boolean;
    onRevoke: () => void;
}): JSX.Element {
    const { of, busy, onRevoke } = props;
    const what = t(of.kind === 'whip' ? 'stream_whip' : 'stream_whep');
    const id = of.id.slice(0, 4);

    return (
        <li>
            <Icon name="key" />
            <span>
                {what} <span class="mono muted">{id}</span>
            </span>
            <button
                type="button"
                class="btn quiet compact"
                aria-label={t('stream_revoke_name', { key: `${what} ${id}` })}
                aria-disabled={busy}
                onClick={() => busy || onRevoke()}
            >
                {t('stream_revoke')}
            </button>
        </li>
    );
}

/* The only time that the key can be seen. */
function Made({ made }: { made: NewStreamKey }): JSX.Element {
    const box = useRef<HTMLDivElement>(null);

    useEffect(() => box.current?.focus(), [made]);

    return (
        <div
            class="stream-made stack"
            ref={box}
            tabIndex={-1}
            role="group"
            aria-label={t('stream_made')}
        >
            <p class="notice warm">
                <Icon name="info" />
                {t('stream_once')}
            </p>
            <LinkLine label={t('stream_url')} link={made.url} shown />
            <LinkLine label={t('stream_key')} link={made.key} shown />
            <div class="row">
                <CopyButton text={made.url} label={t('stream_copy_url')}
                    compact />
                <CopyButton class="primary" text={made.key}
                    label={t('stream_copy_key')} compact />
            </div>
        </div>
    );
}
