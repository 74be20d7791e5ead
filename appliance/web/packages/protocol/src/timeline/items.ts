//! From events to what stands in a timeline: grouped messages, told changes, separators. Pure, apart from reading the events.

import { EventStatus, type EventTimelineSet, type MatrixEvent, NotificationCountType, type Room } from "matrix-js-sdk/lib/matrix.js";
import { type ProblemCode, problemOf } from "../base/problem";
import { type Body, bodyOf } from "../content/body";
import { type Told, isMembership, told } from "../content/changes";
import { isPollStart } from "../content/poll";
import { waitsForNetwork } from "../offline/outbox";
import { readableName } from "../people/names";
import { pinnedIds, stateOf } from "../rooms/state";

/** Messages of one sender this close together stand under one name. */
const GROUP_MS_MAX = 5 * 60 * 1000;

export interface Sender {
    readonly id: string;
    readonly name: string;
    readonly avatar: string | null;
}

export interface Reaction {
    readonly key: string;
    readonly by: readonly { readonly id: string; readonly name: string }[];
    /** My own reaction event, to take it back; null if I have not reacted. */
    readonly mine: string | null;
}

/** The message that another one answers. */
export interface Quote {
    readonly eventId: string;
    /** Null while it is being fetched, or when it cannot be had. */
    readonly said: { readonly sender: Sender; readonly body: Body } | null;
}

export interface ThreadSummary {
    readonly rootId: string;
    readonly replies: number;
    readonly last: { readonly sender: Sender; readonly body: Body; readonly ts: number } | null;
    readonly unread: number;
    readonly mentions: number;
}

export interface ReadMark extends Sender {
    readonly ts: number;
}

/** How far a message of one's own has come. */
export type Delivery = "sent" | "sending" | "waiting" | "failed";

export interface Message {
    readonly type: "message";
    readonly key: string;
    readonly eventId: string;
    readonly ts: number;
    readonly sender: Sender;
    readonly body: Body;
    /** Follows a message of the same sender closely, so that their name need not stand again. */
    readonly continued: boolean;
    readonly mine: boolean;
    readonly edited: number | null;
    readonly delivery: Delivery;
    readonly problem: ProblemCode | null;
    readonly reply: Quote | null;
    readonly reactions: readonly Reaction[];
    readonly thread: ThreadSummary | null;
    readonly readBy: readonly ReadMark[];
    /** It names me, or everybody. */
    readonly highlighted: boolean;
    readonly encrypted: boolean;
    readonly pinned: boolean;
    readonly can: { readonly edit: boolean; readonly redact: boolean };
}

export interface Changes {
    readonly type: "changes";
    readonly key: string;
    readonly told: readonly Told[];
    readonly readBy: readonly ReadMark[];
}

export type Item =
    | Message
    | Changes
    | { readonly type: "day"; readonly key: string; readonly ts: number }
    | { readonly type: "unread"; readonly key: string }
    | { readonly type: "start"; readonly key: string };

/** What a timeline is made of. */
export interface Material {
    readonly room: Room;
    readonly set: EventTimelineSet;
    readonly me: string;
    readonly events: readonly MatrixEvent[];
    readonly pending: readonly MatrixEvent[];
    /** The whole history is there: begin with the start of the room. */
    readonly complete: boolean;
    /** The last event that was read when the timeline was opened. */
    readonly readUpTo: string | null;
    readonly inThread: string | null;
    readonly showMembership: boolean;
    readonly quote: (eventId: string) => MatrixEvent | null;
    readonly receipts: (event: MatrixEvent) => readonly ReadMark[];
}

export function senderOf(event: MatrixEvent, me: string): Sender {
    const id = event.getSender() ?? "";
    return { id, name: readableName(id, event.sender?.name, me), avatar: event.sender?.getMxcAvatarUrl() ?? null };
}

/** Whether an event stands in a timeline as a message. */
export function isMessage(event: MatrixEvent): boolean {
    if (event.isState() || event.isRelation("m.replace")) return false;
    const type = event.getType();
    if (type === "m.room.message") {
        return event.getContent().msgtype !== "m.key.verification.request";
    }
    return type === "m.room.encrypted" || type === "m.sticker" || isPollStart(type);
}

function reactionsTo(event: MatrixEvent, { set, me, room }: Material): Reaction[] {
    const relations = set.relations.getChildEventsForEvent(event.getId() ?? "", "m.annotation", "m.reaction");
    const sorted = relations?.getSortedAnnotationsByKey() ?? [];
    const reactions: Reaction[] = [];
    for (const [key, events] of sorted) {
        const valid = [...events].filter((reaction) => !reaction.isRedacted());
        if (valid.length === 0) continue;
        const by = valid.map((reaction) => {
            const id = reaction.getSender() ?? "";
            return { id, name: readableName(id, room.getMember(id)?.name, me) };
        });
        const mine = valid.find((reaction) => reaction.getSender() === me)?.getId() ?? null;
        reactions.push({ key, by, mine });
    }
    return reactions;
}

function deliveryOf(event: MatrixEvent): { delivery: Delivery; problem: ProblemCode | null } {
    const status = event.getAssociatedStatus();
    switch (status) {
        case null:
        case EventStatus.SENT:
            return { delivery: "sent", problem: null };
        case EventStatus.NOT_SENT: {
            const unsent = event.status === EventStatus.NOT_SENT ? event : (event.replacingEvent() ?? event.localRedactionEvent() ?? event);
            // Without a network it goes out by itself later; anything else needs a decision.
            if (waitsForNetwork(unsent)) return { delivery: "waiting", problem: null };
            return { delivery: "failed", problem: problemOf(unsent.error).code };
        }
        case EventStatus.QUEUED:
            return { delivery: "waiting", problem: null };
        case EventStatus.SENDING:
        case EventStatus.ENCRYPTING:
        case EventStatus.CANCELLED:
            return { delivery: "sending", problem: null };
    }
}

function replyTo(event: MatrixEvent, material: Material): Quote | null {
    const eventId = event.replyEventId;
    // In a thread, each message names the one before for clients that know no threads.
    const fallback = event.getWireContent()["m.relates_to"]?.is_falling_back === true;
    if (!eventId || fallback || event.isRedacted()) return null;
    const quoted = material.quote(eventId);
    return { eventId, said: quoted && { sender: senderOf(quoted, material.me), body: bodyOf(quoted) } };
}

function threadOf(event: MatrixEvent, { room, inThread, me }: Material): ThreadSummary | null {
    if (inThread !== null) return null;
    const thread = event.getThread();
    const rootId = event.getId() ?? "";
    if (thread?.id !== rootId || thread.length === 0) return null;
    const last = thread.replyToEvent;
    return {
        rootId,
        replies: thread.length,
        last: last && { sender: senderOf(last, me), body: bodyOf(last), ts: last.getTs() },
        unread: room.getThreadUnreadNotificationCount(thread.id),
        mentions: room.getThreadUnreadNotificationCount(thread.id, NotificationCountType.Highlight),
    };
}

const EDITABLE = new Set(["text", "image", "video", "file", "audio"]);

function messageOf(event: MatrixEvent, before: Item | undefined, material: Material, pinned: ReadonlySet<string>): Message {
    const { room, me } = material;
    const eventId = event.getId() ?? "";
    const sender = senderOf(event, me);
    const body = bodyOf(event);
    const ts = event.getTs();
    const mine = sender.id === me;
    const reply = replyTo(event, material);
    const follows = before?.type === "message" && before.sender.id === sender.id && ts - before.ts <= GROUP_MS_MAX;
    const { delivery, problem } = deliveryOf(event);
    const live = body.kind !== "redacted" && delivery === "sent";
    return {
        type: "message",
        // The local echo and the event that comes back for it are one message to the reader.
        key: event.getTxnId() ?? eventId,
        eventId,
        ts,
        sender,
        body,
        continued: follows && reply === null && before.thread === null,
        mine,
        edited: event.replacingEventDate()?.getTime() ?? null,
        delivery,
        problem,
        reply,
        reactions: live ? reactionsTo(event, material) : [],
        thread: live ? threadOf(event, material) : null,
        readBy: [],
        highlighted: !mine && event.getPushActions()?.tweaks.highlight === true,
        encrypted: event.isEncrypted(),
        pinned: pinned.has(eventId),
        can: {
            edit: live && mine && EDITABLE.has(body.kind) && stateOf(room).maySendEvent("m.room.message", me),
            redact: live && stateOf(room).maySendRedactionForEvent(event, me),
        },
    };
}

const dayOf = (ts: number): string => new Date(ts).toDateString();

/** Puts receipts of events that are not shown on the last message before them. */
function withReceipts(item: Message | Changes, marks: readonly ReadMark[]): Message | Changes {
    if (marks.length === 0) return item;
    const known = new Set(item.readBy.map((mark) => mark.id));
    return { ...item, readBy: [...item.readBy, ...marks.filter((mark) => !known.has(mark.id))] };
}

class Builder {
    readonly items: Item[] = [];
    readonly #material: Material;
    readonly #pinned: ReadonlySet<string>;
    #day = "";
    #unread: "before" | "next" | "done";

    constructor(material: Material) {
        this.#material = material;
        this.#pinned = new Set(pinnedIds(material.room));
        this.#unread = material.readUpTo === null ? "done" : "before";
        if (material.complete) this.items.push({ type: "start", key: "start" });
    }

    add(event: MatrixEvent): void {
        if (isMessage(event)) this.#addMessage(event);
        else this.#addChange(event);
        const marks = this.#material.receipts(event);
        const last = this.items.at(-1);
        if (last && (last.type === "message" || last.type === "changes")) this.items[this.items.length - 1] = withReceipts(last, marks);
        if (event.getId() === this.#material.readUpTo && this.#unread === "before") this.#unread = "next";
    }

    #addMessage(event: MatrixEvent): void {
        this.#separate(event);
        this.items.push(messageOf(event, this.items.at(-1), this.#material, this.#pinned));
    }

    #addChange(event: MatrixEvent): void {
        const change = this.#material.inThread === null ? told(event, this.#material.me) : null;
        if (!change || (!this.#material.showMembership && isMembership(change))) return;
        this.#separateDay(event);
        const last = this.items.at(-1);
        if (last?.type === "changes") {
            this.items[this.items.length - 1] = { ...last, told: [...last.told, change] };
        } else {
            this.items.push({ type: "changes", key: change.eventId, told: [change], readBy: [] });
        }
    }

    /** The line above the first event of a day. */
    #separateDay(event: MatrixEvent): void {
        const day = dayOf(event.getTs());
        if (day === this.#day) return;
        this.#day = day;
        this.items.push({ type: "day", key: `day ${day}`, ts: event.getTs() });
    }

    /** The lines that stand before a message: a new day, and where reading ended. */
    #separate(event: MatrixEvent): void {
        this.#separateDay(event);
        if (this.#unread !== "next") return;
        if (event.getSender() === this.#material.me) {
            // Who writes has read: no line above one's own words.
            this.#unread = "done";
            return;
        }
        this.#unread = "done";
        this.items.push({ type: "unread", key: "unread" });
    }
}

/** What stands in the timeline, oldest first. Keys are unique. */
export function itemsOf(material: Material): Item[] {
    const builder = new Builder(material);
    for (const event of material.events) builder.add(event);
    for (const event of material.pending) if (isMessage(event)) builder.add(event);
    return unique(builder.items);
}

/** Days may come twice where clocks disagree; their keys must not. */
function unique(items: Item[]): Item[] {
    const seen = new Set<string>();
    return items.map((item) => {
        let { key } = item;
        while (seen.has(key)) key += "'";
        seen.add(key);
        return key === item.key ? item : { ...item, key };
    });
}
