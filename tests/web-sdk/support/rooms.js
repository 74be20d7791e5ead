// Rooms with people in them, and looking at what their clients show.

import { EventStatus } from "matrix-js-sdk";
import { until } from "./wait.js";

const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };

/** The room as this client has it, once it has it with this membership. */
export const joined = (client, roomId, membership = "join") =>
    until(`${client.getUserId()} sees ${membership} in ${roomId}`, client, () => {
        const room = client.getRoom(roomId);
        return room?.getMyMembership() === membership && room;
    });

/** `client` sees `other` in the room with this membership. */
export const seesMember = (client, roomId, other, membership = "join") =>
    until(`${client.getUserId()} sees ${membership} of ${other.getUserId()}`, client, () => {
        const member = client.getRoom(roomId)?.getMember(other.getUserId());
        return member?.membership === membership && member;
    });

/** A room made by the first of the people; the others were invited and have joined. Returns the room's id. */
export async function roomOf([creator, ...others], { encrypted = false, ...options } = {}) {
    const { room_id: roomId } = await creator.createRoom({
        preset: "private_chat",
        invite: others.map((c) => c.getUserId()),
        ...options,
        initial_state: [...(encrypted ? [encryption] : []), ...(options.initial_state ?? [])],
    });
    await joined(creator, roomId);
    for (const other of others) {
        await joined(other, roomId, "invite");
        await other.joinRoom(roomId);
        await joined(other, roomId);
        await seesMember(creator, roomId, other);
    }
    if (encrypted) {
        for (const client of [creator, ...others]) {
            await until("encryption is known", client, () => client.getRoom(roomId).hasEncryptionStateEvent());
        }
    }
    return roomId;
}

/** Every event that the client holds of the room, threads included. */
export function allEvents(room) {
    return [room.getUnfilteredTimelineSet(), ...room.getThreads().map((t) => t.timelineSet)].flatMap((set) =>
        set.getTimelines().flatMap((timeline) => timeline.getEvents()),
    );
}

const readable = (event) =>
    event.getType() !== "m.room.encrypted" && !event.isBeingDecrypted() && !event.isDecryptionFailure() && !event.status;

/** The event, decrypted where it was encrypted, once this client has it. */
export async function receives(client, roomId, eventId) {
    const room = await until(`${client.getUserId()} has ${roomId}`, client, () => client.getRoom(roomId));
    return until(`${client.getUserId()} receives ${eventId}`, [client, room], () => {
        const event = allEvents(room).find((e) => e.getId() === eventId);
        return event && readable(event) && event;
    });
}

/** Sends a text and returns its event id, when the server has acknowledged it. */
export async function say(client, roomId, body, threadId = null) {
    return (await client.sendMessage(roomId, threadId, { msgtype: "m.text", body })).event_id;
}

/** Bodies of the room's live timeline in order, without local echoes. */
export const bodies = (room) =>
    room
        .getLiveTimeline()
        .getEvents()
        .filter((e) => e.getType() === "m.room.message" && e.status !== EventStatus.SENDING)
        .map((e) => e.getContent().body);
