//! Whom a call rings: from the event that asks for it to the answer, here or on another device.

import { type MatrixClient, type MatrixEvent, MatrixEventEvent, type Room, RoomEvent } from "matrix-js-sdk/lib/matrix.js";
import type { Scope } from "../base/scope";
import { Store } from "../base/store";
import { listen } from "../engine/listen";
import { readableName } from "../people/names";
import { directRooms } from "../rooms/directs";
import { notificationMode } from "../rooms/notification_mode";
import { stateOf } from "../rooms/state";
import { type CallIntent, type Notice, declinedBy, noticeOf } from "./events";
import type { RoomCallsStore } from "./sessions";

/** Somebody calls. */
export interface Ring {
    readonly roomId: string;
    readonly eventId: string;
    readonly roomName: string;
    readonly caller: { readonly id: string; readonly name: string; readonly avatar: string | null };
    readonly direct: boolean;
    readonly intent: CallIntent;
}

/** A notice that was judged, and until when it rings. */
interface Ringing {
    readonly ring: Ring;
    readonly untilTs: number;
}

/** Whether a notice is for this account, and rings. */
export function isForMe(notice: Notice, { me, mayCallAll, now }: { me: string; mayCallAll: boolean; now: number }): boolean {
    if (!notice.ring || now >= notice.sentTs + notice.lifetimeMs) return false;
    return notice.userIds.includes(me) || (notice.everybody && mayCallAll);
}

/** The first of those who ring; the others wait behind it. */
export class RingingStore extends Store<Ring | null> {
    readonly #client: MatrixClient;
    readonly #calls: RoomCallsStore;
    readonly #scope: Scope;
    readonly #ringing = new Map<string, Ringing>();
    /** Answered here or elsewhere: an event may be told of twice. */
    readonly #answered = new Set<string>();

    constructor(client: MatrixClient, calls: RoomCallsStore, scope: Scope) {
        super(null);
        this.#client = client;
        this.#calls = calls;
        this.#scope = scope;
        listen(scope, client, RoomEvent.Timeline, (event, room, atStart, removed, data) => {
            if (room && !atStart && !removed && data.liveEvent !== false) this.#look(event, room);
        });
        listen(scope, client, MatrixEventEvent.Decrypted, (event) => {
            const room = client.getRoom(event.getRoomId());
            if (room) this.#look(event, room);
        });
        listen(scope, client, RoomEvent.Redaction, (redaction) => this.#end(redaction.event.redacts ?? ""));
        scope.add(calls.subscribe(() => this.#check()));
    }

    /** Does not come; the others hear of it. */
    async decline(ring: Ring): Promise<void> {
        this.#end(ring.eventId);
        await this.#client.sendRtcDecline(ring.roomId, ring.eventId);
    }

    /** Somebody has answered it here. */
    answered(roomId: string): void {
        for (const { ring } of [...this.#ringing.values()]) if (ring.roomId === roomId) this.#end(ring.eventId);
    }

    #look(event: MatrixEvent, room: Room): void {
        const declined = event.getSender() === this.#client.getSafeUserId() ? declinedBy(event) : null;
        if (declined !== null) return this.#end(declined);
        const notice = noticeOf(event);
        if (notice) this.#judge(event, notice, room);
    }

    #judge(event: MatrixEvent, notice: Notice, room: Room): void {
        const me = this.#client.getSafeUserId();
        const [eventId, callerId] = [event.getId(), event.getSender()];
        if (!eventId || !callerId || callerId === me || this.#ringing.has(eventId) || this.#answered.has(eventId)) return;
        if (notificationMode(this.#client, room.roomId) === "mute") return;
        const now = Date.now();
        const mayCallAll = stateOf(room).mayTriggerNotifOfType("room", callerId) || room.getInvitedAndJoinedMemberCount() <= 2;
        if (!isForMe(notice, { me, mayCallAll, now })) return;
        const member = room.getMember(callerId);
        const caller = { id: callerId, name: readableName(callerId, member?.name, me), avatar: member?.getMxcAvatarUrl() ?? null };
        const direct = directRooms(this.#client).has(room.roomId);
        const untilTs = notice.sentTs + notice.lifetimeMs;
        this.#ringing.set(eventId, { ring: { roomId: room.roomId, eventId, roomName: room.name, caller, direct, intent: notice.intent }, untilTs });
        this.#scope.later(untilTs - now, () => this.#end(eventId));
        // Who is in the call is said by state, which stands in the same answer and is looked at by itself.
        void this.#calls.session(room).ensureRecalculateSessionMembers().then(() => this.#check(), () => undefined);
    }

    /** A call that is over, or that I am in already, rings no more. */
    #check(): void {
        const calls = this.#calls.getSnapshot();
        for (const { ring } of [...this.#ringing.values()]) {
            const call = calls.get(ring.roomId);
            if (!call || call.mine) this.#forget(ring.eventId);
        }
        this.#show();
    }

    #end(eventId: string): void {
        if (eventId === "") return;
        this.#answered.add(eventId);
        if (this.#ringing.delete(eventId)) this.#show();
    }

    #forget(eventId: string): void {
        this.#answered.add(eventId);
        this.#ringing.delete(eventId);
    }

    #show(): void {
        const [first] = this.#ringing.values();
        this.publish(first?.ring ?? null);
    }
}
