import { useEffect, useRef } from 'preact/hooks';

import { t, type Key } from '../../i18n';
import type { ChatMessage, Person, Right } from '../../model/types';
import { useCall } from '../context';
import { reason } from '../errors';
import { announce } from '../live';
import { note, useView } from './view';

/* Says who came, went, shares or wrote: to readers, and in a passing line. */
export function useNews(): void {
    usePeopleNews();
    useChatNews();
    useTroubleNews();
    useRightsNews();
}

/* Something that the server refused. */
function useTroubleNews(): void {
    const call = useCall();
    const view = useView();
    const error = call.error.value;

    useEffect(() => {
        if (error !== null) {
            const text = t('error_generic', { reason: reason(error) });

            note(view, text, true);
            announce(text, true);
        }
    }, [error]);
}

const MANY = 3;

function usePeopleNews(): void {
    const call = useCall();
    const view = useView();
    const people = call.people.value;
    const before = useRef<readonly Person[] | null>(null);

    useEffect(() => {
        const old = before.current;

        /* the roster arrives once as a whole: that is no news */
        if (call.link.value === 'connecting' || people.length === 0) {
            return;
        }

        before.current = people;

        if (old === null) {
            return;
        }

        const was = new Map(old.map((p) => [p.id, p]));
        const now = new Map(people.map((p) => [p.id, p]));
        const came = people.filter((p) => !p.self && !was.has(p.id));
        const gone = old.filter((p) => !p.self && !now.has(p.id));

        tell(came, 'joined');
        tell(gone, 'left');

        for (const person of people) {
            const then = was.get(person.id);

            if (then !== undefined && then.screen !== person.screen) {
                screen(person);
            }
        }
    }, [people]);

    function tell(list: readonly Person[], what: 'joined' | 'left'): void {
        if (list.length > MANY) {
            say(t(`${what}_many`, { n: list.length }));
            return;
        }

        for (const person of list) {
            say(t(what, { name: person.name }));
        }
    }

    function screen(person: Person): void {
        if (person.self) {
            announce(t(person.screen ? 'screen_started' : 'screen_stopped'));
        } else {
            say(
                t(person.screen ? 'screen_started_by' : 'screen_stopped_by', {
                    name: person.name,
                }),
            );
        }
    }

    function say(text: string): void {
        note(view, text);
        announce(text);
    }
}

const LINE_MAX = 120;

function useChatNews(): void {
    const { chat } = useCall();
    const view = useView();
    const seen = useRef<number | null>(null);
    const messages = chat.messages.value;
    const loading = chat.loading.value;

    useEffect(() => {
        const last = messages.reduce((n, m) => Math.max(n, m.sequence), 0);

        if (loading) {
            return;
        }

        if (seen.current !== null) {
            for (const message of messages) {
                if (message.sequence > seen.current && !message.self) {
                    say(message);
                }
            }
        }

        seen.current = Math.max(seen.current ?? 0, last);
    }, [messages, loading]);

    function say(message: ChatMessage): void {
        const short =
            message.text.length > LINE_MAX
                ? `${message.text.slice(0, LINE_MAX)} …`
                : message.text;
        const text = t('chat_said', { name: message.name, text: short });

        announce(text);

        if (view.panel.value !== 'chat') {
            note(view, text);
        }
    }
}

const told: readonly (readonly [Right, Key])[] = [
    ['mic', 'right_mic'],
    ['cam', 'right_cam'],
    ['screen', 'right_screen'],
    ['chat', 'right_chat'],
];

/* What was taken from oneself or given back, and the moderation. */
function useRightsNews(): void {
    const call = useCall();
    const view = useView();
    const rights = call.rights.value;
    const before = useRef<ReadonlySet<Right> | null>(null);

    useEffect(() => {
        const old = before.current;

        before.current = rights;

        if (old === null) {
            return;
        }

        if (old.has('moderate') !== rights.has('moderate')) {
            say(t(rights.has('moderate') ? 'role_given' : 'role_taken'));
            return;
        }

        for (const [right, label] of told) {
            if (old.has(right) !== rights.has(right)) {
                say(
                    t(rights.has(right) ? 'right_given' : 'right_taken', {
                        kind: t(label),
                    }),
                );
            }
        }
    }, [rights]);

    function say(text: string): void {
        note(view, text);
        announce(text, true);
    }
}
