//! What a state event did to a room, as data that can be said in any language.

import type { MatrixEvent } from "matrix-js-sdk/lib/matrix.js";
import { readableName } from "../people/names";

/** Somebody in a sentence. */
export interface Person {
    readonly id: string;
    readonly name: string;
}

export type Change =
    | { readonly what: "created" | "encryptionOn" | "avatar" | "powers" | "pinned" | "serverRules" | "aliases" }
    | { readonly what: "joined" | "left" | "knocked" | "inviteDeclined" | "profileAvatar" }
    | { readonly what: "invited" | "kicked" | "banned" | "unbanned" | "inviteWithdrawn"; readonly target: Person; readonly reason: string | null }
    | { readonly what: "renamedSelf"; readonly from: string | null; readonly to: string | null }
    | { readonly what: "name" | "topic"; readonly value: string | null }
    | { readonly what: "joinRule"; readonly value: string }
    | { readonly what: "historyVisibility"; readonly value: string }
    | { readonly what: "upgraded"; readonly roomId: string };

/** A change with who made it. */
export interface Told {
    readonly eventId: string;
    readonly ts: number;
    readonly actor: Person;
    readonly change: Change;
}

const str = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

function actorOf(event: MatrixEvent, me: string): Person {
    if (event.getType() === "m.room.member" && event.getSender() === event.getStateKey()) return targetOf(event, me);
    const id = event.getSender() ?? "";
    return { id, name: readableName(id, event.sender?.name, me) };
}

/** Whoever leaves, or is made to, is called as they were called while they were there: the event need not say it again. */
function targetOf(event: MatrixEvent, me: string): Person {
    const id = event.getStateKey() ?? "";
    const named = str(event.getContent().displayname) !== null;
    const before = str(event.getPrevContent().displayname);
    return { id, name: readableName(id, named ? event.target?.name : (before ?? event.target?.name), me) };
}

/** A change of one's own profile, which looks like another join. */
function profileChange(event: MatrixEvent): Change | null {
    const now = event.getContent();
    const before = event.getPrevContent();
    const from = str(before.displayname);
    const to = str(now.displayname);
    if (from !== to) return { what: "renamedSelf", from, to };
    return str(before.avatar_url) === str(now.avatar_url) ? null : { what: "profileAvatar" };
}

function leaving(event: MatrixEvent, was: string | undefined, me: string): Change {
    const target = targetOf(event, me);
    const reason = str(event.getContent().reason);
    const self = event.getSender() === event.getStateKey();
    if (self) return { what: was === "invite" ? "inviteDeclined" : "left" };
    if (was === "ban") return { what: "unbanned", target, reason };
    return { what: was === "invite" ? "inviteWithdrawn" : "kicked", target, reason };
}

function memberChange(event: MatrixEvent, me: string): Change | null {
    const { membership, reason: said } = event.getContent();
    const was = event.getPrevContent().membership;
    const reason = str(said);
    switch (membership) {
        case "join":
            return was === "join" ? profileChange(event) : { what: "joined" };
        case "invite":
            return { what: "invited", target: targetOf(event, me), reason };
        case "ban":
            return { what: "banned", target: targetOf(event, me), reason };
        case "knock":
            return { what: "knocked" };
        case "leave":
            return leaving(event, was, me);
        case undefined:
        default:
            return null;
    }
}

function change(event: MatrixEvent, me: string): Change | null {
    const content = event.getContent();
    switch (event.getType()) {
        case "m.room.member":
            return memberChange(event, me);
        case "m.room.create":
            return { what: "created" };
        case "m.room.encryption":
            return { what: "encryptionOn" };
        case "m.room.name":
            return { what: "name", value: str(content.name) };
        case "m.room.topic":
            return { what: "topic", value: str(content.topic) };
        case "m.room.avatar":
            return { what: "avatar" };
        case "m.room.power_levels":
            return { what: "powers" };
        case "m.room.pinned_events":
            return { what: "pinned" };
        case "m.room.server_acl":
            return { what: "serverRules" };
        case "m.room.canonical_alias":
            return { what: "aliases" };
        case "m.room.join_rules":
            return { what: "joinRule", value: str(content.join_rule) ?? "invite" };
        case "m.room.history_visibility":
            return { what: "historyVisibility", value: str(content.history_visibility) ?? "shared" };
        case "m.room.tombstone": {
            const roomId = str(content.replacement_room);
            return roomId ? { what: "upgraded", roomId } : null;
        }
        default:
            return null;
    }
}

/** What this event tells people about the room; null for what is nobody's concern (calls' state, spaces' children, …). */
export function told(event: MatrixEvent, me: string): Told | null {
    if (!event.isState() || event.isRedacted()) return null;
    const made = change(event, me);
    return made && { eventId: event.getId() ?? "", ts: event.getTs(), actor: actorOf(event, me), change: made };
}

/** Whether a change is about who is in the room, which people may wish not to see. */
export function isMembership({ change: { what } }: Told): boolean {
    return ["joined", "left", "inviteDeclined", "profileAvatar", "renamedSelf", "invited", "inviteWithdrawn"].includes(what);
}
