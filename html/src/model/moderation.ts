/*
 * What moderators and owners do to a room and to others in it.  Whether they
 * may is decided by the server; see the matrix of the protocol reference.
 */

import type { RoomChange } from '../net/rest';
import { isObject, type Json, string } from '../net/wire';
import type { Kind, Role, RoomCodec, RoomRights } from './types';


export abstract class Moderation {
    /* Both leave a code where the pages look for it, and answer false. */
    protected abstract attempt(message: Json): Promise<boolean>;
    protected abstract change(change: RoomChange): Promise<boolean>;


    setLocked(locked: boolean): Promise<boolean> {
        return this.change({ locked });
    }


    setLobby(lobby: boolean): Promise<boolean> {
        return this.change({ lobby });
    }


    setHideCams(hide: boolean): Promise<boolean> {
        return this.change({ hide_cams: hide });
    }


    setRights(rights: Partial<RoomRights>): Promise<boolean> {
        return this.change({ rights });
    }


    setCodec(codec: RoomCodec): Promise<boolean> {
        return this.change({ codec });
    }


    admit(person: string | null): Promise<boolean> {
        return this.moderate('admit', person);
    }


    reject(person: string | null): Promise<boolean> {
        return this.moderate('reject', person);
    }


    tellWaiting(text: string): Promise<boolean> {
        return this.attempt(
            { type: 'tell', to: 'lobby', body: JSON.stringify({ text }) });
    }


    mute(person: string, kinds: readonly Kind[]): Promise<boolean> {
        return this.moderate('mute', person, kinds);
    }


    deny(person: string, kinds: readonly Kind[]): Promise<boolean> {
        return this.moderate('deny', person, kinds);
    }


    allow(person: string, kinds: readonly Kind[]): Promise<boolean> {
        return this.moderate('allow', person, kinds);
    }


    remove(person: string): Promise<boolean> {
        return this.moderate('remove', person);
    }


    endForAll(): Promise<boolean> {
        return this.moderate('end', null);
    }


    appoint(person: string, role: Role): Promise<boolean> {
        return this.attempt({ type: 'appoint', target: person, role });
    }


    private moderate(
        verb: string,
        target: string | null,
        kinds?: readonly Kind[],
    ): Promise<boolean> {
        return this.attempt({
            type: 'moderate',
            verb,
            ...(target === null ? {} : { target }),
            ...(kinds === undefined ? {} : { kinds }),
        });
    }
}


/* What a moderator says to the lobby, as tellWaiting() writes it. */
export function toldText(body: string): string {
    try {
        const value: unknown = JSON.parse(body);

        return isObject(value) ? string(value['text']) : '';

    } catch {
        return '';
    }
}
