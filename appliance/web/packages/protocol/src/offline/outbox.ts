//! Messages on their way out. What waits for the network is sealed on the disk, and goes out once, in its order, when there
//! is a network again: in this page, after a reload, or in another tab.
//!
//! "Once" is the transaction id's doing: it is made when the message is written and kept with it, so that a message which the
//! server had taken before the answer was lost gets the same answer again.

import { EventStatus, type IEvent, type MatrixClient, MatrixError, type MatrixEvent, type Room, RoomEvent } from "matrix-js-sdk/lib/matrix.js";
import { coalesced } from "../base/coalesce";
import { problemOf } from "../base/problem";
import type { Scope } from "../base/scope";
import { listen } from "../engine/listen";
import type { Records } from "./records";
import type { Waiting } from "./sealed_store";

/** Time between a message that may go and its going; a burst is one round. */
const FLUSH_DELAY_MS = 20;

/** Newest events of a room among which a message that has arrived already is looked for. */
const ARRIVED_EVENTS_MAX = 500;

/** Answers of something between us and the server, when that is not there. */
const GATEWAY_STATUSES = new Set([502, 503, 504]);

const DRAWER = "outbox";

type Saved = Partial<IEvent> & { readonly txn_id: string };

/** Whether a message is unsent only because of the network: it goes out by itself later. Anything else needs a decision. */
export function waitsForNetwork(event: MatrixEvent): boolean {
    if (event.status !== EventStatus.NOT_SENT) return false;
    // It stands behind one that was not sent, or is from an earlier visit.
    const error: unknown = event.error;
    if (!error) return true;
    if (error instanceof MatrixError && GATEWAY_STATUSES.has(error.httpStatus ?? 0)) return true;
    return ["offline", "timeout", "tooManyRequests"].includes(problemOf(error).code);
}

/** The message as it was written; it is encrypted when it goes. */
function savedOf(event: MatrixEvent): Saved | null {
    const txnId = event.getTxnId();
    const eventId = event.getId();
    if (txnId === undefined || eventId === undefined || event.isState()) return null;
    const redacts = event.event.redacts;
    return {
        event_id: eventId,
        room_id: event.getRoomId() ?? "",
        sender: event.getSender() ?? "",
        type: event.getType(),
        content: event.getOriginalContent(),
        origin_server_ts: event.getTs(),
        ...(redacts === undefined ? {} : { redacts }),
        txn_id: txnId,
    };
}

export class Outbox implements Waiting {
    readonly #records: Records;
    readonly #dirty = new Set<string>();
    /** Messages that were read from the disk and that the SDK has not put into their room yet. */
    readonly #restored = new Map<string, Map<string, Saved>>();
    /** Ids that messages had here, and those that the server gave them. */
    readonly #sent = new Map<string, string>();
    readonly #savedCounts = new Map<string, number>();
    readonly #flushSoon = coalesced(FLUSH_DELAY_MS, () => void this.flush());
    #client: MatrixClient | null = null;
    #historyKept: () => Promise<void> = () => Promise.resolve();
    #writes: Promise<void> = Promise.resolve();
    #flushing = false;
    #online = false;

    constructor(records: Records) {
        this.#records = records;
    }

    /** Watches over what this client sends. Nothing leaves the outbox before its history is on the disk. */
    attach(client: MatrixClient, scope: Scope): void {
        this.#client = client;
        this.#historyKept = () => client.store.save(true).catch(() => undefined);
        listen(scope, client, RoomEvent.LocalEchoUpdated, (event, room, oldId) => {
            const id = event.getId();
            if (oldId !== undefined && id !== undefined && oldId !== id) this.#sent.set(oldId, id);
            this.changed(room.roomId);
            if (this.#online && waitsForNetwork(event) && !event.error) this.#flushSoon();
        });
        scope.add(() => this.#flushSoon.cancel());
    }

    async restore(roomId: string): Promise<Partial<IEvent>[]> {
        const saved = (await this.#records.get<Saved[]>(DRAWER, roomId).catch(() => undefined)) ?? [];
        this.#savedCounts.set(roomId, saved.length);
        this.#restored.set(roomId, new Map(saved.map((message) => [message.txn_id, message])));
        return structuredClone(saved);
    }

    changed(roomId: string): void {
        if (this.#dirty.has(roomId)) return;
        this.#dirty.add(roomId);
        // One write for all changes of this turn, and none that overtakes another.
        this.#writes = this.#writes.then(() => this.#save(roomId)).catch(() => undefined);
    }

    /** Everything that waits is on the disk. */
    flushed(): Promise<void> {
        return this.#writes;
    }

    /** The server has answered, or does not any more. */
    connected(online: boolean): void {
        this.#online = online;
        if (online) void this.flush();
    }

    /** Sends what waits, room by room, each room's messages one after another. */
    async flush(): Promise<void> {
        const client = this.#client;
        if (!client || this.#flushing) return;
        this.#flushing = true;
        try {
            for (const room of client.getRooms()) if (!(await this.#flushRoom(client, room))) return;
        } finally {
            this.#flushing = false;
        }
    }

    async #save(roomId: string): Promise<void> {
        this.#dirty.delete(roomId);
        const room = this.#client?.getRoom(roomId);
        const restored = this.#restored.get(roomId);
        if (!room || !restored) return;
        const pending = room.getPendingEvents();
        for (const event of pending) restored.delete(event.getTxnId() ?? "");
        // One that was sent stays until it has come back by sync: then it is in the history.
        const unsent = pending.filter(({ status }) => status !== EventStatus.CANCELLED);
        const saved = [...restored.values(), ...unsent.map(savedOf).filter((message) => message !== null)];
        saved.sort((a, b) => (a.origin_server_ts ?? 0) - (b.origin_server_ts ?? 0));
        if (saved.length < (this.#savedCounts.get(roomId) ?? 0)) await this.#historyKept();
        this.#savedCounts.set(roomId, saved.length);
        await this.#records.put(DRAWER, roomId, saved.length > 0 ? saved : undefined);
    }

    /** Says whether the network has held. */
    async #flushRoom(client: MatrixClient, room: Room): Promise<boolean> {
        for (const event of [...room.getPendingEvents()].filter(waitsForNetwork)) {
            if (event.status !== EventStatus.NOT_SENT) continue;
            if (arrived(room, event.getTxnId() ?? "")) {
                client.cancelPendingEvent(event);
                continue;
            }
            this.#retarget(room, event);
            const localId = event.getId() ?? "";
            try {
                const { event_id: eventId } = await client.resendEvent(event, room);
                this.#sent.set(localId, eventId);
                // The event came by sync before the answer did, and the SDK has left the message standing beside it.
                if (event.getId() !== eventId && room.findEventById(eventId)) room.removePendingEvent(localId);
            } catch {
                // Refused: its state says so, and what comes after it need not wait for a decision.
                if (waitsForNetwork(event)) return false;
            }
        }
        return true;
    }

    /** What a message refers to may have been unsent, too, when it was written. */
    #retarget(room: Room, event: MatrixEvent): void {
        const target = event.getAssociatedId();
        if (target?.startsWith("~") !== true) return;
        const known = this.#sent.get(target) ?? arrived(room, target.slice(target.lastIndexOf(":") + 1))?.getId();
        if (known === undefined) return;
        event.updateAssociatedId(known);
        // The SDK does not do this one.
        for (const content of [event.getOriginalContent(), event.getWireContent()]) {
            const reply: unknown = content["m.relates_to"]?.["m.in_reply_to"];
            if (typeof reply === "object" && reply !== null) Object.assign(reply, { event_id: known });
        }
    }
}

/** The event that the server has made of a message. */
function arrived(room: Room, txnId: string): MatrixEvent | undefined {
    const threads = room.getThreads().flatMap((thread) => thread.events.slice(-ARRIVED_EVENTS_MAX));
    const events = [...room.getLiveTimeline().getEvents().slice(-ARRIVED_EVENTS_MAX), ...threads];
    return events.findLast((event) => !event.status && event.getUnsigned().transaction_id === txnId);
}
