//! What moderators do to others in a call, by LiveKit's API for servers: the SFU does it at once, whatever their clients do.

import type { MatrixClient, Room } from "matrix-js-sdk/lib/matrix.js";
import { stateOf } from "../../rooms/state";
import { fetchTicket } from "./ticket";

/** Whether I could put somebody out of the room: whoever can may mute him in its call and take him out of it as well. */
export function mayModerate(room: Room, me: string, userId: string): boolean {
    const level = room.getMember(me)?.powerLevel ?? 0;
    const theirs = room.getMember(userId)?.powerLevel ?? 0;
    return userId !== me && level > theirs && stateOf(room).hasSufficientPowerLevelFor("kick", level);
}

/** The call that a token is for, as the SFU names it. */
export function callIn(jwt: string): string {
    const [, payload = ""] = jwt.split(".");
    const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const { video } = JSON.parse(text) as { video: { room: string } };
    return video.room;
}

/** Mutes a track for everybody. Only its owner can unmute it. */
export async function muteTrack(client: MatrixClient, roomId: string, identity: string, trackSid: string): Promise<void> {
    await ask(client, roomId, "MutePublishedTrack", { identity, track_sid: trackSid, muted: true });
}

/** Takes somebody out of the call. He may join again for as long as he is in the room. */
export async function removeFromCall(client: MatrixClient, roomId: string, identity: string): Promise<void> {
    await ask(client, roomId, "RemoveParticipant", { identity });
}

async function ask(client: MatrixClient, roomId: string, method: string, about: Readonly<Record<string, unknown>>): Promise<void> {
    // A token of this moment: what I may do may have changed since I joined.
    const { url, jwt } = await fetchTicket(client, roomId);
    const response = await fetch(`${url.replace(/^ws/, "http")}/twirp/livekit.RoomService/${method}`, {
        method: "POST",
        headers: { "Authorization": `Bearer ${jwt}`, "Content-Type": "application/json" },
        body: JSON.stringify({ room: callIn(jwt), ...about }),
    });
    // Who has gone, or what has ended, meanwhile is what was wished.
    if (!response.ok && response.status !== 404) throw Object.assign(new Error(`HTTP ${response.status}`), { httpStatus: response.status });
}
