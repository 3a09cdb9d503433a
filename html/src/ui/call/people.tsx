import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { plural, t, type Key } from '../../i18n';
import type { Person, Role } from '../../model/types';
import { useCall } from '../context';
import { TextField } from '../forms';
import { Icon } from '../icon';
import { initials, tone } from './initials';
import { MenuButton, type Item } from './menu';
import { PanelFrame } from './panel';
import { useView } from './view';

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
        <li class={person.away ? 'person away' : 'person'}>
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
    const list: Key[] = [person.mic ? 'state_mic_on' : 'state_mic_off'];

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

function PersonMenu({ person }: { person: Person }): JSX.Element | null {
    const call = useCall();
    const view = useView();

    if (
        person.self ||
        !call.rights.value.has('moderate') ||
        (person.role === 'owner' && call.me.value.role !== 'owner')
    ) {
        return null;
    }

    const items: Item[] = [];

    if (person.mic) {
        items.push({
            icon: 'mic-off',
            label: t('person_mute'),
            run: () => void call.mute(person.id, ['mic']),
        });
    }

    items.push({
        icon: 'leave',
        label: t('person_remove'),
        bad: true,
        run: () => {
            view.box.value = {
                name: 'remove',
                id: person.id,
                who: person.name,
            };
        },
    });

    return (
        <MenuButton
            class="iconbtn"
            icon="more"
            label={t('person_more', { name: person.name })}
            items={items}
        />
    );
}
