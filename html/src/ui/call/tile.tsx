import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';

import { t } from '../../i18n';
import type { Tile as TileData } from '../../model/types';
import { useApp, useCall } from '../context';
import { Icon } from '../icon';
import { Video } from '../video';
import { initials, tone } from './initials';
import { StillMark, useNote, WeakMark } from './marks';
import { useView } from './view';

interface Props {
    tile: TileData;
    width?: number;
    height?: number;
    class?: string;
}

/* One rectangle: a camera, a shared screen, or a name where neither is. */
export function Tile(props: Props): JSX.Element {
    const { tile } = props;
    const app = useApp();
    const call = useCall();
    const { person } = tile;
    const screen = tile.kind === 'screen';
    const speaking = useComputed(
        () =>
            call.levels.value.has(person.number) ||
            call.active.value === person.number,
    ).value;
    const note = useNote(tile);
    const live = speaking && person.mic && !screen && !person.away;
    const classes = ['tile', tile.kind, props.class ?? ''];

    if (live) {
        classes.push('speaking');
    }

    if (person.away) {
        classes.push('away');
    } else if (note !== null) {
        classes.push('still');
    }

    const style =
        props.width === undefined
            ? undefined
            : { width: `${props.width}px`, height: `${props.height}px` };

    return (
        <li class={classes.join(' ')} style={style} data-source={tile.source}>
            {tile.stream !== null && tile.picture ? (
                <Video
                    stream={tile.stream}
                    mirror={
                        person.self && !screen && app.preferences.value.mirror
                    }
                    before={<Face name={person.name} />}
                />
            ) : (
                <Face name={person.name} />
            )}
            {person.away ? (
                <span class="tile-away">
                    <Icon name="away" />
                </span>
            ) : null}
            {note !== null && !person.away ? (
                <StillMark tile={tile} note={note} />
            ) : null}
            <NamePlate tile={tile} speaking={live} />
            <WeakMark tile={tile} />
            <PinButton tile={tile} />
        </li>
    );
}

function Face({ name }: { name: string }): JSX.Element {
    return (
        <span class={`face tone-${tone(name)}`} aria-hidden="true">
            <span>{initials(name)}</span>
        </span>
    );
}

function NamePlate(props: {
    tile: TileData;
    speaking: boolean;
}): JSX.Element {
    const { person, kind } = props.tile;
    const name =
        kind === 'screen'
            ? t('tile_screen', { name: person.name })
            : person.self
              ? t('tile_self', { name: person.name })
              : person.name;
    const states: string[] = [];

    if (person.program) {
        states.push(t('state_program'));
    }

    if (kind === 'cam' && !person.mic) {
        states.push(t('tile_muted'));
    }

    if (props.speaking) {
        states.push(t('tile_speaking'));
    }

    if (person.away) {
        states.push(t('tile_away'));
    }

    return (
        <span class="plate">
            {kind === 'screen' ? <Icon name="screen" /> : null}
            {person.program ? (
                <span class="program" title={t('state_program')}>
                    <Icon name="program" />
                </span>
            ) : null}
            {kind === 'cam' && !person.mic ? <Icon name="mic-off" /> : null}
            <bdi>{name}</bdi>
            {states.length === 0 ? null : (
                <span class="sr">, {states.join(', ')}</span>
            )}
        </span>
    );
}

function PinButton({ tile }: { tile: TileData }): JSX.Element {
    const view = useView();
    const pinned = view.pinned.value === tile.key;
    const name = tile.person.name;

    return (
        <button
            type="button"
            class="tile-pin"
            aria-pressed={pinned}
            aria-label={t('tile_pin', { name })}
            title={pinned ? t('tile_unpin') : t('tile_pin', { name })}
            onClick={() => {
                view.pinned.value = pinned ? null : tile.key;
            }}
        >
            <Icon name={pinned ? 'full-off' : 'full'} />
        </button>
    );
}
