import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';

import { t } from '../../i18n';
import type { Call, PictureNote, Tile } from '../../model/types';
import { useCall } from '../context';
import { Icon } from '../icon';
import { CODEC_NAMES } from './codecs';
import { troubleShort, troubleText, worst } from './trouble';

/* What is to be said about the picture of a tile, in words. */

export function useNote(tile: Tile): PictureNote | null {
    const call = useCall();

    return useComputed(
        () => call.watch.notes.value.get(tile.source) ?? null,
    ).value;
}

/* The last picture is shown as what it is. */
export function StillMark(props: {
    tile: Tile;
    note: PictureNote;
}): JSX.Element {
    const call = useCall();

    return (
        <p class="tile-still">
            <Icon name={props.note === 'saving' ? 'saver' : 'pause'} />
            <span>{noteText(props.note, props.tile, call)}</span>
        </p>
    );
}

function noteText(note: PictureNote, tile: Tile, call: Call): string {
    const { codec } = call.room.value;
    const what = t(tile.stream === null ? 'note_none' : 'note_last');

    switch (note) {
        case 'room':
            return t('note_room', { what });

        case 'sender':
            return t('note_sender', { what, name: tile.person.name });

        case 'link':
            return t('note_link', { what });

        case 'codec':
            return codec === 'auto'
                ? t('note_codec')
                : t('note_codec_room', { codec: CODEC_NAMES[codec] });

        case 'saving':
            return t('note_saving');

        case 'still':
            return t('note_still', { what });
    }
}

/* A slow way up: one's own, or that of somebody else. */
export function WeakMark({ tile }: { tile: Tile }): JSX.Element | null {
    const call = useCall();
    const { person } = tile;
    const own = call.watch.troubles.value;
    const weak = call.watch.weak.value.has(person.number);
    const said = useNote(tile) === 'sender';

    if (tile.kind === 'screen') {
        return null;
    }

    const first = person.self ? worst(own) : undefined;

    /* where the picture stands still for it, that is said already */
    if (first === undefined && (person.self || !weak || said)) {
        return null;
    }

    const text =
        first === undefined
            ? t('weak_other', { name: person.name })
            : troubleText(first);

    return (
        <span class={person.self ? 'tile-weak own' : 'tile-weak'} title={text}>
            <Icon name="signal-low" />
            <span class="word" aria-hidden="true">
                {first === undefined ? t('weak_short') : troubleShort(first)}
            </span>
            <span class="sr">{text}</span>
        </span>
    );
}
