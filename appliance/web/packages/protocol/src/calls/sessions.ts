//! Who is in the calls of which rooms, as the rooms say. Part of the shell: no sound and no picture here.

import { ClientEvent, type MatrixClient, type Room, RoomStateEvent } from "matrix-js-sdk/lib/matrix.js";
import type { CallMembership } from "matrix-js-sdk/lib/matrixrtc/CallMembership.js";
import { type MatrixRTCSession, MatrixRTCSessionEvent } from "matrix-js-sdk/lib/matrixrtc/MatrixRTCSession.js";
import { MatrixRTCSessionManagerEvents } from "matrix-js-sdk/lib/matrixrtc/MatrixRTCSessionManager.js";
import type { Scope } from "../base/scope";
import { Store } from "../base/store";
import { listen } from "../engine/listen";
import { readableName } from "../people/names";
import { stateOf } from "../rooms/state";
import { type CallIntent, MEMBER } from "./events";

/** Somebody in a call, whichever and how many devices he is in it with. */
interface CallPerson {
    readonly id: string;
    readonly name: string;
    readonly avatar: string | null;
}

/** A call that is going on. */
export interface RoomCall {
    readonly roomId: string;
    readonly people: readonly CallPerson[];
    readonly intent: CallIntent;
    readonly sinceTs: number;
    /** I am in it already, with this device or another one. */
    readonly mine: boolean;
}

export type RoomCalls = ReadonlyMap<string, RoomCall>;

/** A room's call in the words of the page; null: there is none. */
export function callOf(room: Pick<Room, "roomId" | "getMember">, memberships: readonly CallMembership[], me: string): RoomCall | null {
    const [first] = memberships;
    if (!first) return null;
    const ids = [...new Set(memberships.map(({ userId }) => userId))];
    return {
        roomId: room.roomId,
        people: ids.map((id) => {
            const member = room.getMember(id);
            return { id, name: readableName(id, member?.name, me), avatar: member?.getMxcAvatarUrl() ?? null };
        }),
        intent: memberships.every(({ callIntent }) => callIntent === "audio") ? "audio" : "video",
        sinceTs: Math.min(...memberships.map((membership) => membership.createdTs())),
        mine: ids.includes(me),
    };
}

export class RoomCallsStore extends Store<RoomCalls> {
    readonly #client: MatrixClient;
    readonly #scope: Scope;
    readonly #watched = new Map<string, MatrixRTCSession>();

    constructor(client: MatrixClient, scope: Scope) {
        super(new Map());
        this.#client = client;
        this.#scope = scope;
        listen(scope, client, RoomStateEvent.Events, (event) => {
            const room = event.getType() === MEMBER ? client.getRoom(event.getRoomId()) : null;
            if (room) this.#watch(room);
        });
        listen(scope, client, ClientEvent.DeleteRoom, (roomId) => this.#drop(roomId));
        // Members that came as sticky events are no state; of them the SDK tells.
        const started = (roomId: string) => {
            const room = client.getRoom(roomId);
            if (room) this.#watch(room);
        };
        client.matrixRTC.on(MatrixRTCSessionManagerEvents.SessionStarted, started);
        scope.add(() => client.matrixRTC.off(MatrixRTCSessionManagerEvents.SessionStarted, started));
    }

    /** The first sync is in: looks at all rooms once. The SDK tells of those only whose call begins later. */
    opened(): void {
        for (const room of this.#client.getRooms()) {
            const events = room.getMyMembership() === "join" ? stateOf(room).getStateEvents(MEMBER) : [];
            if (events.some((event) => Object.keys(event.getContent()).length > 0)) this.#watch(room);
        }
    }

    /** The SDK's session of a room's call. */
    session(room: Room): MatrixRTCSession {
        return this.#watch(room);
    }

    #watch(room: Room): MatrixRTCSession {
        const session = this.#client.matrixRTC.getRoomSession(room);
        if (this.#watched.get(room.roomId) === session) return session;
        this.#watched.set(room.roomId, session);
        const look = () => {
            this.#look(room, session);
        };
        session.on(MatrixRTCSessionEvent.MembershipsChanged, look);
        this.#scope.add(() => session.off(MatrixRTCSessionEvent.MembershipsChanged, look));
        void session.initialMembershipCalculated.then(look, () => undefined);
        return session;
    }

    #look(room: Room, session: MatrixRTCSession): void {
        if (this.#watched.get(room.roomId) !== session) return;
        const call = callOf(room, session.memberships, this.#client.getSafeUserId());
        const next = new Map(this.getSnapshot());
        if (call) next.set(room.roomId, call);
        else if (!next.delete(room.roomId)) return;
        this.publish(next);
    }

    #drop(roomId: string): void {
        this.#watched.delete(roomId);
        const next = new Map(this.getSnapshot());
        if (next.delete(roomId)) this.publish(next);
    }
}
