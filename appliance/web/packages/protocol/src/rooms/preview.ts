//! The line under a room's name: the last thing that was said.

import { EventStatus, type MatrixClient, type MatrixEvent, type Room } from "matrix-js-sdk/lib/matrix.js";
import { type Body, bodyOf } from "../content/body";
import { isMessage, senderOf } from "../timeline/items";

export interface Preview {
    readonly senderId: string;
    readonly senderName: string;
    readonly mine: boolean;
    readonly body: Body;
    readonly ts: number;
    readonly failed: boolean;
}

/** Events looked at from the end; a room with nothing but reactions and joins there shows no preview. */
const LOOKED_AT_MAX = 40;

function lastMessage(room: Room): MatrixEvent | null {
    const pending = room.getPendingEvents().findLast((event) => isMessage(event) && event.status !== EventStatus.CANCELLED);
    if (pending) return pending;
    const events = room.getLiveTimeline().getEvents();
    const oldest = Math.max(0, events.length - LOOKED_AT_MAX);
    for (let at = events.length - 1; at >= oldest; at -= 1) {
        const event = events[at];
        if (event && isMessage(event) && !event.isRedacted()) return event;
    }
    return null;
}

/** A line has no place for more. */
const TEXT_CHARS_MAX = 300;

/** What a line shows of a body. */
function lineOf(body: Body): Body {
    return body.kind === "text" ? { ...body, text: body.text.slice(0, TEXT_CHARS_MAX), html: null } : body;
}

/** The preview as it is now. Calls `later` if it changes by itself: when the event has been decrypted. */
export function previewOf(client: MatrixClient, room: Room, later: () => void): Preview | null {
    let event = lastMessage(room);
    const thread = room.getLastThread()?.replyToEvent;
    if (thread && (!event || thread.getTs() > event.getTs()) && isMessage(thread)) event = thread;
    if (!event) return null;
    if (event.shouldAttemptDecryption()) void client.decryptEventIfNeeded(event).then(later, () => undefined);
    const sender = senderOf(event, client.getSafeUserId());
    return {
        senderId: sender.id,
        senderName: sender.name,
        mine: sender.id === client.getUserId(),
        body: lineOf(bodyOf(event)),
        ts: event.getTs(),
        failed: event.status === EventStatus.NOT_SENT,
    };
}
