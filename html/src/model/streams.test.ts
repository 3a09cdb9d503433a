import { expect, it } from 'vitest';

import { decode } from '../crypto/bytes';
import type { InviteFacts, Rest, RoomChange } from '../net/rest';
import type { Ownership } from './ownership';
import { OwnedStreamKeys } from './streams';

const place = { origin: 'https://meet.example', prefix: '/calls/' };

function keys(asked: (RoomChange | string)[]): OwnedStreamKeys {
    const facts: InviteFacts[] = [
        { invite: 'aa', kind: 'password', kdf: null },
        { invite: 'bb', kind: 'whep', kdf: null },
    ];
    const rest = {
        facts: async (_: string, token: string) => {
            asked.push(token);
            return facts;
        },
        change: async (_: string, token: string, change: RoomChange) => {
            asked.push(token, change);
            return { added: ['cc'] };
        },
    } as unknown as Rest;
    const ownership = {
        authorized: <T>(run: (token: string) => Promise<T>) => run('owner'),
    } as unknown as Ownership;

    return new OwnedStreamKeys(rest, ownership, () => 'class-7b', place);
}


it('lists stream keys only, with the token of the owner', async () => {
    const asked: string[] = [];

    expect(await keys(asked).list()).toEqual([{ id: 'bb', kind: 'whep' }]);
    expect(asked).toEqual(['owner']);
});


it('makes keys of 32 bytes that open what the server was told', async () => {
    const asked: (RoomChange | string)[] = [];
    const made = await keys(asked).make('whip');

    expect(made).toMatchObject({ id: 'cc', kind: 'whip',
        url: 'https://meet.example/calls/api/v1/whip/class-7b' });
    expect(decode(made.key, 32)).not.toBe(null);
    expect(asked[1]).toEqual({ invites_add: [
        { kind: 'whip', role: 'participant', auth: made.key, kdf: null }] });
    expect((await keys([]).make('whip')).key).not.toBe(made.key);
});


it('revokes by id', async () => {
    const asked: (RoomChange | string)[] = [];

    await keys(asked).revoke('bb');
    expect(asked[1]).toEqual({ invites_revoke: ['bb'] });
});
