import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

import { formatDate, t, type Key } from '../../i18n';
import type { Right, RoomCodec } from '../../model/types';
import { useApp, useCall } from '../context';
import { Dialog } from '../dialog';
import { reason } from '../errors';
import { Check } from '../forms';
import { Icon } from '../icon';
import { CODEC_NAMES } from './codecs';
import { Streams } from './streams';

/* The room's own page: who gets in, who may do what, what is stored. */
export function RoomBox({ onClose }: { onClose: () => void }): JSX.Element {
    const app = useApp();
    const call = useCall();
    const [failed, setFailed] = useState(false);
    const may = call.rights.value.has('settings');

    async function apply(change: Promise<boolean>): Promise<void> {
        setFailed(!(await change));
    }

    return (
        <Dialog title={t('room_title')} onClose={onClose}>
            {failed ? (
                <p class="notice bad" role="alert">
                    <Icon name="warn" />
                    {t('setting_failed', {
                        reason: reason(app.error.value ?? 'internal'),
                    })}
                </p>
            ) : null}
            {may ? <Door apply={apply} /> : null}
            {may ? <Rights apply={apply} /> : null}
            {may ? <Pictures apply={apply} /> : null}
            {call.me.value.role === 'owner' ? <Streams /> : null}
            <Stored />
        </Dialog>
    );
}

type Apply = (change: Promise<boolean>) => Promise<void>;

function Door({ apply }: { apply: Apply }): JSX.Element {
    const call = useCall();
    const room = call.room.value;

    return (
        <section class="stack">
            <h3>{t('room_who')}</h3>
            <Check
                label={t('room_lock')}
                hint={t('room_lock_hint')}
                checked={room.locked}
                onChange={(on) => void apply(call.setLocked(on))}
            />
            <Check
                label={t('room_lobby')}
                hint={t('room_lobby_hint')}
                checked={room.lobby}
                onChange={(on) => void apply(call.setLobby(on))}
            />
        </section>
    );
}

const rights: readonly (readonly [Right, Key])[] = [
    ['mic', 'right_mic'],
    ['cam', 'right_cam'],
    ['screen', 'right_screen'],
    ['chat', 'right_chat'],
];

function Rights({ apply }: { apply: Apply }): JSX.Element {
    const call = useCall();
    const room = call.room.value;
    const now = room.rights.participant;

    function change(right: Right, on: boolean): void {
        const participant = on
            ? [...now.filter((r) => r !== right), right]
            : now.filter((r) => r !== right);

        void apply(call.setRights({ participant }));
    }

    return (
        <section class="stack">
            <h3>{t('room_rights')}</h3>
            <div class="room-rights">
                {rights.map(([right, label]) => (
                    <Check
                        key={right}
                        label={t(label)}
                        checked={now.includes(right)}
                        onChange={(on) => change(right, on)}
                    />
                ))}
            </div>
            <Check
                label={t('room_hide')}
                hint={t('room_hide_hint')}
                checked={room.hideCams}
                onChange={(on) => void apply(call.setHideCams(on))}
            />
        </section>
    );
}

function Pictures({ apply }: { apply: Apply }): JSX.Element {
    const call = useCall();
    const id = useId();

    async function choose(select: HTMLSelectElement): Promise<void> {
        const done = call.setCodec(select.value as RoomCodec);

        await apply(done);

        if (!(await done)) {
            select.value = call.room.value.codec;
        }
    }

    return (
        <section class="stack">
            <h3>{t('room_pictures')}</h3>
            <div class="field">
                <label for={id}>{t('codec')}</label>
                <select
                    id={id}
                    class="input codec"
                    aria-describedby={`${id}-hint`}
                    value={call.room.value.codec}
                    onChange={(event) => void choose(event.currentTarget)}
                >
                    <option value="auto">{t('codec_auto')}</option>
                    {Object.entries(CODEC_NAMES).map(([value, name]) => (
                        <option key={value} value={value}>
                            {name}
                        </option>
                    ))}
                </select>
                <span class="hint" id={`${id}-hint`}>
                    {t('codec_hint')}
                </span>
            </div>
        </section>
    );
}

function Stored(): JSX.Element {
    const app = useApp();
    const call = useCall();
    const expires =
        call.room.value.expires ?? app.share.value?.expires ?? null;

    return (
        <section class="stack">
            <h3>{t('room_kept')}</h3>
            <ul class="kept">
                <li>
                    <Icon name="chat" />
                    {t('kept_chat')}
                </li>
                <li>
                    <Icon name="door" />
                    {t('kept_room')}
                </li>
                <li>
                    <Icon name="cam" />
                    {t('kept_media')}
                </li>
                <li>
                    <Icon name="clock" />
                    {expires === null
                        ? t('kept_until_unknown')
                        : t('kept_until', { date: formatDate(expires) })}
                </li>
            </ul>
            {call.me.value.role === 'owner' ? <Export /> : null}
        </section>
    );
}

function Export(): JSX.Element {
    const app = useApp();
    const call = useCall();
    const [failed, setFailed] = useState(false);
    const busy = app.busy.value === 'export';

    async function save(): Promise<void> {
        setFailed(false);

        const blob = await app.exportRoom();

        if (blob === null) {
            setFailed(true);
            return;
        }

        download(blob, `${call.room.value.name}.json`);
    }

    return (
        <div class="stack">
            <button
                type="button"
                class="btn compact export"
                disabled={busy}
                onClick={() => void save()}
            >
                {busy ? <span class="spin" /> : <Icon name="download" />}
                {t('export')}
            </button>
            <p class="small muted">{t('export_hint')}</p>
            {failed ? (
                <p class="notice bad" role="alert">
                    <Icon name="warn" />
                    {t('export_failed', {
                        reason: reason(app.error.value ?? 'internal'),
                    })}
                </p>
            ) : null}
        </div>
    );
}

function download(blob: Blob, name: string): void {
    const link = document.createElement('a');

    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
