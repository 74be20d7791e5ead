//! Which rooms are conversations with one person (`m.direct`, spec "Direct Messaging").

import { EventType, type MatrixClient, type Room } from "matrix-js-sdk/lib/matrix.js";

type DirectContent = Record<string, string[]>;

function content(client: MatrixClient): DirectContent {
    const raw: unknown = client.getAccountData(EventType.Direct)?.getContent();
    if (typeof raw !== "object" || raw === null) return {};
    const entries = Object.entries(raw).filter((entry): entry is [string, string[]] => Array.isArray(entry[1]));
    return Object.fromEntries(entries);
}

/** Room ids with the person each is a conversation with. */
export function directRooms(client: MatrixClient): Map<string, string> {
    const rooms = new Map<string, string>();
    for (const [userId, roomIds] of Object.entries(content(client))) {
        for (const roomId of roomIds) rooms.set(roomId, userId);
    }
    return rooms;
}

/** Whether an invitation says of itself that it is to a conversation of two; the inviter is the other one. */
export const invitedToDirect = (room: Room): string | null => room.getDMInviter() ?? null;

/** A conversation with this person that is still joined, if there is one. */
export function directWith(client: MatrixClient, userId: string): Room | null {
    const candidates = (content(client)[userId] ?? [])
        .map((roomId) => client.getRoom(roomId))
        .filter((room) => room?.getMyMembership() === "join" && room.getMember(userId)?.membership !== "ban")
        .filter((room) => room !== null);
    // The one that is used, where there are several.
    candidates.sort((a, b) => b.getLastActiveTimestamp() - a.getLastActiveTimestamp());
    return candidates[0] ?? null;
}

/** Remembers a room as a conversation with this person, or as none (`null`). */
export async function setDirect(client: MatrixClient, roomId: string, userId: string | null): Promise<void> {
    const next: DirectContent = {};
    for (const [id, roomIds] of Object.entries(content(client))) {
        const others = roomIds.filter((other) => other !== roomId);
        if (others.length > 0) next[id] = others;
    }
    if (userId !== null) next[userId] = [...(next[userId] ?? []), roomId];
    await client.setAccountData(EventType.Direct, next);
}
