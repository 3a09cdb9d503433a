import type { JSX } from 'preact';

import { t } from '../../i18n';
import type { Call, Person } from '../../model/types';
import { useCall } from '../context';
import { MenuButton, type Item } from './menu';
import { useView, type View } from './view';

/* What one may do about somebody; the server decides by the same matrix. */
export function PersonMenu({ person }: { person: Person }): JSX.Element | null {
    const call = useCall();
    const view = useView();

    if (!mayModerate(call, person)) {
        return null;
    }

    return (
        <MenuButton
            class="iconbtn"
            icon="more"
            floating
            label={t('person_more', { name: person.name })}
            items={itemsFor(call, view, person)}
        />
    );
}

function mayModerate(call: Call, person: Person): boolean {
    if (person.self || !call.rights.value.has('moderate')) {
        return false;
    }

    return (
        call.me.value.role === 'owner' ||
        (person.role !== 'owner' && person.role !== 'moderator')
    );
}

function itemsFor(
    call: Call,
    view: View,
    person: Person,
): (Item | 'rule')[] {
    const { id } = person;
    const items: (Item | 'rule')[] = [];

    if (person.mic) {
        items.push({
            icon: 'mic-off',
            label: t('person_mute'),
            run: () => void call.mute(id, ['mic']),
        });
    }

    if (person.cam) {
        items.push({
            icon: 'cam-off',
            label: t('person_cam_off'),
            run: () => void call.mute(id, ['cam']),
        });
    }

    if (person.screen) {
        items.push({
            icon: 'screen-off',
            label: t('person_screen_off'),
            run: () => void call.mute(id, ['screen', 'screen-audio']),
        });
    }

    if (items.length > 0) {
        items.push('rule');
    }

    if (person.role !== 'owner') {
        items.push(
            person.rights.includes('mic')
                ? {
                      icon: 'lock',
                      label: t('person_mic_deny'),
                      run: () => void call.deny(id, ['mic']),
                  }
                : {
                      icon: 'unlock',
                      label: t('person_mic_allow'),
                      run: () => void call.allow(id, ['mic']),
                  },
            person.rights.includes('cam')
                ? {
                      icon: 'lock',
                      label: t('person_cam_deny'),
                      run: () => void call.deny(id, ['cam']),
                  }
                : {
                      icon: 'unlock',
                      label: t('person_cam_allow'),
                      run: () => void call.allow(id, ['cam']),
                  },
            'rule',
        );
    }

    if (call.me.value.role === 'owner' && person.role !== 'owner') {
        const moderator = person.role === 'moderator';

        items.push({
            icon: 'key',
            label: t(moderator ? 'person_dismiss' : 'person_appoint'),
            run: () =>
                void call.appoint(id, moderator ? 'participant' : 'moderator'),
        });

        if (!moderator) {
            const viewer = person.role === 'viewer';

            items.push({
                icon: viewer ? 'mic' : 'ear',
                label: t(viewer ? 'person_participant' : 'person_viewer'),
                run: () =>
                    void call.appoint(id, viewer ? 'participant' : 'viewer'),
            });
        }
    }

    items.push({
        icon: 'leave',
        label: t('person_remove'),
        bad: true,
        run: () => {
            view.box.value = { name: 'remove', id, who: person.name };
        },
    });

    return items;
}
