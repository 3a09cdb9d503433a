/* Which kinds of tracks the rights in force permit. */

import { KINDS, type Kind } from '../net/wire';
import type { Right } from './types';


export function kindsOf(rights: ReadonlySet<Right>): ReadonlySet<Kind> {
    return new Set(KINDS.filter((kind) =>
        rights.has(kind === 'screen-audio' ? 'screen' : kind)));
}
