import { describe, expect, it } from 'vitest';

import { Rest } from './rest';

interface Asked {
    url: string;
    init: RequestInit;
}


function server(status: number, body: string, headers: object = {}):
    { rest: Rest; asked: Asked[] }
{
    const asked: Asked[] = [];

    return {
        asked,
        rest: new Rest('https://meet.test/p/api/v1/', async (url, init) => {
            asked.push({ url, init });
            return new Response(status === 204 ? null : body,
                { status, headers: { ...headers } });
        }),
    };
}


function problem(name: string, status: number): [number, string] {
    return [status, JSON.stringify({ type: '/problems/' + name, title: 'x',
        status, detail: 'why' })];
}


describe('requests', () => {
    it('join with JSON and without cookies of others', async () => {
        const { rest, asked } = server(200, JSON.stringify(
            { token: 't', participant: 'p', role: 'owner', expires: 5 }));

        expect(await rest.join('class-7b', 'i', 'a', 'Alice')).toEqual(
            { token: 't', participant: 'p', role: 'owner', expires: 5 });
        expect(asked[0]!.url)
            .toBe('https://meet.test/p/api/v1/rooms/class-7b/join');
        expect(asked[0]!.init).toMatchObject({ method: 'POST',
            credentials: 'same-origin', cache: 'no-store',
            body: '{"invite":"i","auth":"a","name":"Alice"}' });
    });

    it('carry the token in a header, never in the address', async () => {
        const { rest, asked } = server(204, '');

        await rest.remove('r', 'secret');
        expect(asked[0]!.url).not.toContain('secret');
        expect(asked[0]!.init.headers)
            .toEqual({ Authorization: 'Bearer secret' });
    });

    it('escape the name of the room', async () => {
        const { rest, asked } = server(200, '{"invites":[]}');

        await rest.facts('../a?b');
        expect(asked[0]!.url).toBe(
            'https://meet.test/p/api/v1/rooms/..%2Fa%3Fb');
    });

    it('read the facts and skip what they do not know', async () => {
        const { rest } = server(200, JSON.stringify({ room: 'r', invites: [
            { invite: 'a', kind: 'password',
                kdf: { name: 'n', rounds: 1, salt: 's' } },
            { invite: 'b', kind: 'owner', kdf: null },
            { kind: 'broken' }, 7,
        ] }));

        expect(await rest.facts('r')).toEqual([
            { invite: 'a', kind: 'password',
                kdf: { name: 'n', rounds: 1, salt: 's' } },
            { invite: 'b', kind: 'owner', kdf: null },
        ]);
    });
});


describe('what goes wrong', () => {
    it.each([
        ['wrong-secret', 403], ['no-room', 404], ['name-taken', 409],
        ['room-full', 503], ['storage-full', 507], ['internal', 500],
    ])('is a problem %s', async (name, status) => {
        const { rest } = server(...problem(name, status));

        await expect(rest.facts('r')).rejects.toMatchObject(
            { code: name, detail: 'why' });
    });

    it.each([
        [429, 'too-many-requests'], [502, 'unavailable'], [404, 'not-found'],
        [413, 'too-large'], [500, 'internal'], [418, 'bad-answer'],
    ])('is named after status %i without a problem', async (status, code) => {
        const { rest } = server(status, '<html>');

        await expect(rest.facts('r')).rejects.toMatchObject({ code });
    });

    it('says how long to wait', async () => {
        const { rest } = server(...problem('unavailable', 503),
            { 'Retry-After': '7' });

        await expect(rest.facts('r'))
            .rejects.toMatchObject({ retryAfter: 7 });
    });

    it.each([401, 403])('at creation is the guard: %i', async (status) => {
        const { rest } = server(status, '<html>');

        await expect(rest.create({ key_id: 'k', invites: [] }))
            .rejects.toMatchObject({ code: 'creation-guarded' });
    });

    it('at creation is our own refusal if it says so', async () => {
        const { rest } = server(...problem('foreign-origin', 403));

        await expect(rest.create({ key_id: 'k', invites: [] }))
            .rejects.toMatchObject({ code: 'foreign-origin' });
    });

    it.each(['<html>', '[]', '{"room":"r"}'])(
        'is an answer that is not ours: %s', async (body) => {
            const { rest } = server(200, body);

            await expect(rest.facts('r'))
                .rejects.toMatchObject({ code: 'bad-answer' });
        });

    it('is a server that is there all the same', async () => {
        expect(await server(...problem('no-room', 404)).rest.reachable('r'))
            .toBe(true);
        expect(await server(502, '<html>').rest.reachable('r')).toBe(true);
    });

    it('is the network', async () => {
        const rest = new Rest('/', () => Promise.reject(new TypeError('no')));

        expect(await rest.reachable('r')).toBe(false);

        await expect(rest.facts('r'))
            .rejects.toMatchObject({ code: 'network' });
    });
});
