import type { JSX } from 'preact';

import { t, type Key } from '../i18n';
import type { EndReason } from '../model/types';
import { DoorArt } from '../ui/art';
import { useApp } from '../ui/context';
import { Icon } from '../ui/icon';
import { Shell } from '../ui/shell';
import { TestLink } from '../ui/testlink';

const titles: Record<EndReason, Key> = {
    left: 'ended_left',
    deleted: 'ended_deleted',
    expired: 'ended_expired',
    ended: 'ended_ended',
    removed: 'ended_removed',
    rejected: 'ended_rejected',
    absent: 'ended_absent',
    replaced: 'ended_replaced',
    'room-full': 'ended_full',
    'room-locked': 'ended_locked',
    refused: 'ended_absent',
    'no-room': 'no_room_title',
};

const texts: Record<EndReason, Key> = {
    left: 'ended_left_text',
    deleted: 'ended_deleted_text',
    expired: 'ended_expired_text',
    ended: 'ended_ended_text',
    removed: 'ended_removed_text',
    rejected: 'ended_rejected_text',
    absent: 'ended_absent_text',
    replaced: 'ended_replaced_text',
    'room-full': 'ended_full_text',
    'room-locked': 'ended_locked_text',
    refused: 'ended_absent_text',
    'no-room': 'no_room_text',
};

const gone: readonly EndReason[] = ['deleted', 'expired', 'no-room'];

/* How a call ended, and what can be done next. */
export function Ended(props: {
    room: string;
    reason: EndReason;
}): JSX.Element {
    const app = useApp();
    const { reason, room } = props;
    const closed = gone.includes(reason);

    return (
        <Shell class="message">
            <DoorArt open={!closed && reason !== 'removed' && reason !== 'rejected'} />
            <h1>{t(titles[reason])}</h1>
            <p class="lead">{t(texts[reason])}</p>
            {texts[reason] === 'ended_absent_text' ? <TestLink /> : null}
            <div class="row center">
                {closed ? (
                    <button
                        type="button"
                        class="btn primary large"
                        onClick={() => app.home()}
                    >
                        <Icon name="door" />
                        {t('ended_new')}
                    </button>
                ) : (
                    <>
                        <button
                            type="button"
                            class="btn primary large"
                            onClick={() => void app.open(room)}
                        >
                            <Icon name="door" />
                            {t(
                                reason === 'replaced'
                                    ? 'ended_here'
                                    : 'ended_again',
                            )}
                        </button>
                        <button
                            type="button"
                            class="btn quiet large"
                            onClick={() => app.home()}
                        >
                            {t('home')}
                        </button>
                    </>
                )}
            </div>
        </Shell>
    );
}
