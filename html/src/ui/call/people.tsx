import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { plural, t, type Key } from '../../i18n';
import type { Person, Role } from '../../model/types';
import { useCall } from '../context';
import { TextField } from '../forms';
import { Icon } from '../icon';
import { initials, tone } from './initials';
import { Lobby } from './lobby';
import { PanelFrame } from './panel';
import { PersonMenu } from './personmenu';

const SEARCH_FROM = 10;

const roles: Partial<Record<Role, Key>> = {
    owner: 'role_owner',
    moderator: 'role_moderator',
    viewer: 'role_viewer',
};

export function People(): JSX.Element {
    const call = useCall();
    const [find, setFind] = useState('');
    const people = call.people.value;
    const wanted = find.trim().toLocaleLowerCase();
    const shown =
        wanted === ''
            ? people
            : people.filter((p) =>
                  p.name.toLocaleLowerCase().includes(wanted),
              );

    return (
        <PanelFrame
            title={t('people_title')}
            aside={plural('people_count', people.length)}
        >
            <Lobby />
            {people.length < SEARCH_FROM ? null : (
                <div class="people-find">
                    <TextField
                        label={t('people_search')}
                        name="find"
                        type="search"
                        value={find}
                        onInput={setFind}
                    />
                </div>
            )}
            <ul class="people">
                {shown.map((person) => (
                    <PersonLine key={person.id} person={person} />
                ))}
            </ul>
        </PanelFrame>
    );
}

function PersonLine({ person }: { person: Person }): JSX.Element {
    const role = roles[person.role];

    return (
        <li
            class={person.away ? 'person away' : 'person'}
            data-number={person.number}
        >
            <span class={`dot tone-${tone(person.name)}`} aria-hidden="true">
                {initials(person.name)}
            </span>
            <span class="who">
                <bdi>{person.name}</bdi>
                {person.self ? ` (${t('you')})` : ''}
                {role === undefined ? null : (
                    <span class="role">{t(role)}</span>
                )}
            </span>
            <span class="sr">{states(person).map((key) => `, ${t(key)}`)}</span>
            <span class="person-icons" aria-hidden="true">
                {person.away ? <Icon name="away" /> : null}
                {person.program ? (
                    <span class="program" title={t('state_program')}>
                        <Icon name="program" />
                    </span>
                ) : null}
                {person.rights.includes('mic') ? null : <Icon name="lock" />}
                {person.screen ? <Icon name="screen" /> : null}
                {person.cam ? <Icon name="cam" /> : null}
                <span class={person.mic ? 'on' : 'off'}>
                    <Icon name={person.mic ? 'mic' : 'mic-off'} />
                </span>
            </span>
            <PersonMenu person={person} />
        </li>
    );
}

function states(person: Person): Key[] {
    const list: Key[] = person.program ? ['state_program'] : [];

    list.push(person.mic ? 'state_mic_on' : 'state_mic_off');

    if (!person.rights.includes('mic')) {
        list.push('state_mic_denied');
    }

    if (!person.rights.includes('cam')) {
        list.push('state_cam_denied');
    }

    if (person.cam) {
        list.push('state_cam_on');
    }

    if (person.screen) {
        list.push('state_screen');
    }

    if (person.away) {
        list.push('state_away');
    }

    return list;
}
