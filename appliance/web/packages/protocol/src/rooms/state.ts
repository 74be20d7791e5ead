//! The state of a room as it is now.

import { EventTimeline, type Room, type RoomState } from "matrix-js-sdk/lib/matrix.js";
import { Problem } from "../base/problem";

export function stateOf(room: Room): RoomState {
    const state = room.getLiveTimeline().getState(EventTimeline.FORWARDS);
    // The SDK gives every live timeline a state when it makes the room.
    if (!state) throw new Problem("unknown", { detail: "A room without state" });
    return state;
}

/** The content of a state event, or an empty object. */
export function stateContent(room: Room, type: string, key = ""): Record<string, unknown> {
    return stateOf(room).getStateEvents(type, key)?.getContent() ?? {};
}

/** Ids of pinned events, oldest pin first. */
export function pinnedIds(room: Room): string[] {
    const ids = stateContent(room, "m.room.pinned_events")["pinned"];
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [];
}
