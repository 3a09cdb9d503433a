import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { t } from '../../i18n';
import type { Shown, Tile as TileData } from '../../model/types';
import { useApp, useCall } from '../context';
import { Icon } from '../icon';
import { announce } from '../live';
import {
    PAGER, arrange, focus, grid, largestPage, pageCount, pageSize, perPage,
} from './layout';
import { useSize, type Size } from './size';
import { Tile } from './tile';
import { turnPage, useView } from './view';

/* The space where everybody is seen: a grid, or one large and a strip. */
export function Stage(): JSX.Element {
    const call = useCall();
    const view = useView();
    const ref = useRef<HTMLDivElement>(null);
    const size = useSize(ref);

    /* one's own screen shown in itself would be a hall of mirrors */
    const tiles = call.tiles.value.filter(
        (tile) =>
            !tile.person.self ||
            (tile.kind === 'cam' && !view.selfHidden.value),
    );
    const large = largeTile(tiles, view.pinned.value);
    const others = tiles.filter((tile) => !tile.person.self);

    return (
        <section class="stage" aria-label={t('stage')}>
            <OwnScreen />
            <div class="stage-space" ref={ref}>
                {size.width === 0 ? null : large !== null ? (
                    <Focus large={large} tiles={tiles} size={size} />
                ) : others.length === 1 ? (
                    <Two tiles={tiles} size={size} />
                ) : (
                    <Many
                        tiles={tiles}
                        size={size}
                        alone={tiles.length < 2 && others.length === 0}
                    />
                )}
            </div>
        </section>
    );
}

/* Nobody should forget that others see the screen. */
function OwnScreen(): JSX.Element | null {
    const { media } = useApp();

    if (media.screen.value.state !== 'on') {
        return null;
    }

    return (
        <p class="own-screen">
            <Icon name="screen" />
            <span>{t('tile_screen_self')}</span>
            <Motion />
            <button
                type="button"
                class="btn compact"
                onClick={() => media.stopShare()}
            >
                {t('ctl_screen_stop')}
            </button>
        </p>
    );
}

/* Text is sharp at few pictures a second; films want many. */
function Motion(): JSX.Element {
    const { media } = useApp();
    const on = media.motion.value;

    return (
        <button
            type="button"
            class="btn compact motion"
            aria-pressed={on}
            title={t('motion_hint')}
            onClick={() => {
                media.setMotion(!on);
                announce(t(on ? 'motion_off' : 'motion_on'));
            }}
        >
            <Icon name="motion" />
            {t('motion_short')}
        </button>
    );
}

/* What somebody enlarged, else the newest screen of somebody else. */
function largeTile(
    tiles: readonly TileData[],
    pinned: string | null,
): TileData | null {
    const chosen = tiles.find((tile) => tile.key === pinned);
    const screen = tiles.find((tile) => tile.kind === 'screen');

    return chosen ?? screen ?? null;
}

/* Just one other person: the whole space for them, oneself in a corner. */
function Two(props: { tiles: readonly TileData[]; size: Size }): JSX.Element {
    const other = props.tiles.find((tile) => !tile.person.self);
    const own = props.tiles.filter((tile) => tile.person.self);
    const { width, height } = props.size;
    const shown: Shown[] = [];

    /* upright screens are filled, wide ones would cut off heads */
    const box = width > height ? grid(1, width, height) : { width, height };

    if (other !== undefined) {
        shown.push(seen(other, box.height, 0));
    }

    useShown(shown);
    useOnePage();

    return (
        <ul class="tiles two">
            {other === undefined ? null : (
                <Tile
                    key={other.key}
                    tile={other}
                    class="only"
                    width={box.width}
                    height={box.height}
                />
            )}
            {own.map((tile) => (
                <Tile key={tile.key} tile={tile} class="corner" />
            ))}
        </ul>
    );
}

function Many(props: {
    tiles: readonly TileData[];
    size: Size;
    alone: boolean;
}): JSX.Element {
    const call = useCall();
    const view = useView();
    const { width } = props.size;
    const most = largestPage(window.innerWidth, window.innerHeight);
    const whole = pageSize(width, props.size.height, most);
    const paged = props.tiles.length > whole;
    const height = props.size.height - (paged ? PAGER : 0);
    const room = paged ? pageSize(width, height, most) : whole;
    const per = perPage(props.tiles.length, room);
    const pages = pageCount(props.tiles.length, per);
    const ordered = useOrder(props.tiles, per);
    const page = Math.min(view.page.value, pages - 1);
    const here = ordered.slice(page * per, (page + 1) * per);

    /* a short last page keeps the size of the others */
    const count = pages > 1 ? per : here.length;
    const box = grid(Math.max(1, count), width, height);

    useShown(here.map((tile, i) => seen(tile, box.height,
        call.active.value === tile.person.number ? 0 : i + 1)));

    useEffect(() => {
        view.pages.value = pages;
        view.page.value = page;
    }, [pages, page]);

    if (props.alone) {
        return (
            <div class="alone">
                <ul class="tiles">
                    {here.map((tile) => (
                        <Tile key={tile.key} tile={tile} class="mine" />
                    ))}
                </ul>
                <Alone />
            </div>
        );
    }

    return (
        <div class="pages">
            <Tiles class="tiles grid" here={here} box={box} />
            <Pager />
        </div>
    );
}

function Tiles(props: {
    class: string;
    here: readonly TileData[];
    box: { width: number; height: number };
}): JSX.Element {
    const { width, height } = props.box;

    return (
        <ul class={props.class}>
            {props.here.map((tile) => (
                <Tile
                    key={tile.key}
                    tile={tile}
                    width={width}
                    height={height}
                />
            ))}
        </ul>
    );
}

function Alone(): JSX.Element {
    const app = useApp();
    const view = useView();
    const link = app.share.value?.classLink ?? null;

    return (
        <div class="alone-text">
            <h2>{t('alone_title')}</h2>
            <p class="muted">
                {t(link === null ? 'alone_text_guest' : 'alone_text')}
            </p>
            {link === null ? null : (
                <button
                    type="button"
                    class="btn primary"
                    onClick={() => {
                        view.box.value = { name: 'invite' };
                    }}
                >
                    <Icon name="invite" />
                    {t('ctl_invite')}
                </button>
            )}
        </div>
    );
}

function Focus(props: {
    large: TileData;
    tiles: readonly TileData[];
    size: Size;
}): JSX.Element {
    const call = useCall();
    const view = useView();
    const { large, size } = props;
    const rest = props.tiles.filter((tile) => tile.key !== large.key);
    const box = focus(size.width, size.height, rest.length);
    const per = box.strip;
    const pages = pageCount(rest.length, per);
    const ordered = useOrder(rest, per);
    const page = Math.min(view.page.value, pages - 1);
    const here = ordered.slice(page * per, (page + 1) * per);

    useShown([
        seen(large, size.height, 0),
        ...here.map((tile, i) => seen(tile, box.height,
            call.active.value === tile.person.number ? 1 : i + 2)),
    ]);

    useEffect(() => {
        view.pages.value = pages;
        view.page.value = page;
    }, [pages, page]);

    return (
        <div class={`focus ${box.side}`}>
            <ul class="tiles large">
                <Tile key={large.key} tile={large} class="fill" />
            </ul>
            {here.length === 0 ? null : (
                <div class="strip">
                    <Tiles class="tiles" here={here} box={box} />
                    <Pager />
                </div>
            )}
        </div>
    );
}

function Pager(): JSX.Element | null {
    const view = useView();
    const { page, pages } = view;

    if (pages.value < 2) {
        return null;
    }

    return (
        <div class="pager">
            <button
                type="button"
                class="iconbtn"
                aria-label={t('page_prev')}
                disabled={page.value === 0}
                onClick={() => turnPage(view, -1)}
            >
                <Icon name="left" />
            </button>
            <span role="status">
                <span class="sr">
                    {t('page', { n: page.value + 1, of: pages.value })}
                </span>
                <span aria-hidden="true">
                    {page.value + 1}/{pages.value}
                </span>
            </span>
            <button
                type="button"
                class="iconbtn"
                aria-label={t('page_next')}
                disabled={page.value >= pages.value - 1}
                onClick={() => turnPage(view, 1)}
            >
                <Icon name="right" />
            </button>
        </div>
    );
}

function seen(tile: TileData, height: number, priority: number): Shown {
    const scale = Math.min(window.devicePixelRatio || 1, 3);

    return {
        source: tile.source,
        height: Math.max(1, Math.round(height * scale)),
        priority,
    };
}

/* Tells the model what is on screen, whenever that changes. */
function useShown(shown: readonly Shown[]): void {
    const call = useCall();
    const text = JSON.stringify(shown);

    useEffect(() => call.show(shown), [text]);
}

function useOnePage(): void {
    const view = useView();

    useEffect(() => {
        view.page.value = 0;
        view.pages.value = 1;
    }, []);
}

/* Tiles in the order of the page; whoever speaks is brought to the first. */
function useOrder(
    tiles: readonly TileData[],
    first: number,
): readonly TileData[] {
    const call = useCall();
    const order = useRef<string[]>([]);
    const spoke = useRef(new Map<string, number>());
    const own = tiles.find((tile) => tile.person.self)?.key ?? null;
    const active = call.active.value;
    const speaking =
        tiles.find(
            (tile) => tile.kind === 'cam' && tile.person.number === active,
        )?.key ?? null;

    if (speaking !== null) {
        spoke.current.set(speaking, performance.now());
    }

    order.current = arrange(
        order.current,
        tiles.map((tile) => tile.key),
        first,
        speaking,
        own,
        spoke.current,
    );

    const byKey = new Map(tiles.map((tile) => [tile.key, tile]));

    return order.current
        .map((key) => byKey.get(key))
        .filter((tile) => tile !== undefined);
}
