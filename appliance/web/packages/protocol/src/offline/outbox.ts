//! Messages on their way out. What waits for the network is sealed on the disk, and goes out once, in its order, when there
//! is a network again: in this page, after a reload, or in another tab.
//!
//! "Once" is the transaction id's doing: it is made when the message is written and kept with it, so that a message which the
//! server had taken before the answer was lost gets the same answer again. A file stands between the messages as one of
//! them, and is uploaded when it is its turn.

import { EventStatus, type IEvent, type MatrixClient, MatrixError, MatrixEvent, type Room, RoomEvent } from "matrix-js-sdk/lib/matrix.js";
import { coalesced } from "../base/coalesce";
import { Problem, type ProblemCode, problemOf } from "../base/problem";
import type { Scope } from "../base/scope";
import { Cell } from "../base/store";
import { listen } from "../engine/listen";
import type { Records } from "./records";
import type { Waiting } from "./sealed_store";
import { type VoiceDetails, type WaitingFile, WaitingFiles, tooMuchToWait, waitingContent, waitingFileOf } from "./waiting_files";

/** Time between a message that may go and its going; a burst is one round. */
const FLUSH_DELAY_MS = 20;

/** Newest events of a room among which a message that has arrived already is looked for. */
const ARRIVED_EVENTS_MAX = 500;

/** Answers of something between us and the server, when that is not there. */
const GATEWAY_STATUSES = new Set([502, 503, 504]);

const DRAWER = "outbox";

type Saved = Partial<IEvent> & { readonly txn_id: string };

/** Whether something failed only because of the network: it will not fail later. */
export function networkFailed(error: unknown): boolean {
    if (error instanceof MatrixError && GATEWAY_STATUSES.has(error.httpStatus ?? 0)) return true;
    return ["offline", "timeout", "tooManyRequests"].includes(problemOf(error).code);
}

/** Whether a message is unsent only because of the network: it goes out by itself later. Anything else needs a decision. */
export function waitsForNetwork(event: MatrixEvent): boolean {
    if (event.status !== EventStatus.NOT_SENT) return false;
    // It stands behind one that was not sent, or is from an earlier visit.
    return !event.error || networkFailed(event.error);
}

/** A file that is to wait, and the room (or the thread of it) that it is for. */
export interface FileToKeep {
    readonly roomId: string;
    readonly threadId: string | null;
    readonly file: File;
    readonly caption: string;
    readonly voice: VoiceDetails | null;
}

/** A file whose turn it is. */
export interface FileToCarry extends Omit<FileToKeep, "threadId"> {
    readonly abort: AbortController;
    /** How much is there, from 0 to 1. */
    readonly progress: (part: number) => void;
}

/** Uploads a file; gives the content of its message. */
export type Carry = (parcel: FileToCarry) => Promise<object>;

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
    /** Files on their way just now, by the ids of their messages: how much of each is there, from 0 to 1. */
    readonly carried = new Cell<ReadonlyMap<string, number>>(new Map());
    readonly #records: Records;
    readonly #files: WaitingFiles;
    readonly #aborts = new Map<string, AbortController>();
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
    /** Rooms whose messages are going out right now. */
    readonly #busy = new Set<string>();
    #carry: Carry | null = null;
    #online = false;

    constructor(records: Records) {
        this.#records = records;
        this.#files = new WaitingFiles(records);
    }

    /** Whether the server was there when it was asked last. */
    get online(): boolean {
        return this.#online;
    }

    /** Files go this way. */
    carryWith(carry: Carry): void {
        this.#carry = carry;
    }

    /** Watches over what this client sends. Nothing leaves the outbox before its history is on the disk. */
    attach(client: MatrixClient, scope: Scope): void {
        this.#client = client;
        this.#historyKept = () => client.store.save(true).catch(() => undefined);
        listen(scope, client, RoomEvent.LocalEchoUpdated, (event, room, oldId) => {
            const id = event.getId();
            if (oldId !== undefined && id !== undefined && oldId !== id) this.#sent.set(oldId, id);
            if (event.status === EventStatus.CANCELLED) this.#giveUp(event);
            this.changed(room.roomId);
            if (this.#online && waitsForNetwork(event) && !event.error) this.#flushSoon();
        });
        scope.add(() => {
            this.#flushSoon.cancel();
            for (const abort of this.#aborts.values()) abort.abort();
        });
    }

    /**
     * Lets a file wait, behind what waits in its room already. It stands there at once, and is on the disk a little later.
     * Says why it cannot wait.
     */
    keepFile({ roomId, threadId, file, caption, voice }: FileToKeep): ProblemCode | null {
        const client = this.#client;
        const room = client?.getRoom(roomId);
        if (!client || !room) return "notFound";
        const problem = tooMuchToWait(file.size, this.#waitingFiles(client));
        if (problem) return problem;
        const id = client.makeTxnId();
        const waiting = { id, name: file.name, type: file.type, bytes: file.size, caption, voice };
        const event = localEvent(client, room, threadId, id, waitingContent(waiting));
        const written = this.#files.keep(id, file);
        room.addPendingEvent(event, id);
        written.catch((error: unknown) => {
            if (event.status === EventStatus.NOT_SENT && waitingFileOf(event)) refused(room, event, error);
        });
        return null;
    }

    /** Tries again what was refused. */
    resend(room: Room, event: MatrixEvent): void {
        if (!waitingFileOf(event)) {
            this.#client?.resendEvent(event, room).catch(() => undefined);
            return;
        }
        refused(room, event, null);
        void this.flush();
    }

    /** Deletes files of earlier visits that nothing waits for any more. All rooms are known. */
    async sweep(): Promise<void> {
        const saved = await this.#records.all<Saved[]>(DRAWER);
        const rooms = [...saved].filter(([roomId]) => this.#client?.getRoom(roomId));
        const events = rooms.flatMap(([, messages]) => messages.map((message) => new MatrixEvent(message)));
        for (const event of events) event.setStatus(EventStatus.NOT_SENT);
        await this.#files.keepOnly(events.map(waitingFileOf).filter((file) => file !== null));
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

    /** Sends what waits, each room's messages one after another. */
    async flush(): Promise<void> {
        const client = this.#client;
        if (!client) return;
        await Promise.all(client.getRooms().map((room) => this.#flushRoom(client, room)));
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

    async #flushRoom(client: MatrixClient, room: Room): Promise<void> {
        if (this.#busy.has(room.roomId)) return;
        this.#busy.add(room.roomId);
        try {
            for (;;) {
                // What is written meanwhile stands behind, and goes in its turn.
                const next = room.getPendingEvents().find(waitsForNetwork);
                if (!next || !(await this.#send(client, room, next))) return;
            }
        } finally {
            this.#busy.delete(room.roomId);
        }
    }

    /** Says whether the network has held. */
    async #send(client: MatrixClient, room: Room, event: MatrixEvent): Promise<boolean> {
        if (arrived(room, event.getTxnId() ?? "")) {
            client.cancelPendingEvent(event);
            return true;
        }
        const file = waitingFileOf(event);
        if (file && !(await this.#carryFile(room, event, file))) return !waitsForNetwork(event);
        this.#retarget(room, event);
        const localId = event.getId() ?? "";
        try {
            const { event_id: eventId } = await client.resendEvent(event, room);
            this.#sent.set(localId, eventId);
            // The event came by sync before the answer did, and the SDK has left the message standing beside it.
            if (event.getId() !== eventId && room.findEventById(eventId)) room.removePendingEvent(localId);
            return true;
        } catch {
            // Refused: its state says so, and what comes after it need not wait for a decision.
            return !waitsForNetwork(event);
        }
    }

    /** Says whether the file is on the server and its message knows where. */
    async #carryFile(room: Room, event: MatrixEvent, waiting: WaitingFile): Promise<boolean> {
        const { caption, voice } = waiting;
        const abort = new AbortController();
        const progress = (part: number | null) => {
            const parts = new Map(this.carried.getSnapshot());
            if (part === null) parts.delete(event.getId() ?? "");
            else parts.set(event.getId() ?? "", part);
            this.carried.set(parts);
        };
        this.#aborts.set(waiting.id, abort);
        progress(0);
        try {
            const file = await this.#files.open(waiting);
            abort.signal.throwIfAborted();
            if (!file || !this.#carry) throw new Problem("fileLost");
            const content = await this.#carry({ roomId: room.roomId, file, caption, voice, abort, progress });
            abort.signal.throwIfAborted();
            const relation = event.getRelation();
            event.event.content = { ...content, ...(relation ? { "m.relates_to": relation } : {}) };
            // Where it is must be known before the file is forgotten.
            this.changed(room.roomId);
            await this.flushed();
            await this.#files.drop(waiting).catch(() => undefined);
            return event.status === EventStatus.NOT_SENT;
        } catch (error) {
            if (!abort.signal.aborted) refused(room, event, error);
            return false;
        } finally {
            this.#aborts.delete(waiting.id);
            progress(null);
        }
    }

    #giveUp(event: MatrixEvent): void {
        const file = waitingFileOf(event);
        if (!file) return;
        this.#aborts.get(file.id)?.abort();
        void this.#files.drop(file).catch(() => undefined);
    }

    #waitingFiles(client: MatrixClient): WaitingFile[] {
        const events = client.getRooms().flatMap((room) => room.getPendingEvents());
        return events.map(waitingFileOf).filter((file) => file !== null);
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

/** A message that is not sent yet, as the SDK makes one of its own. */
function localEvent(client: MatrixClient, room: Room, threadId: string | null, txnId: string, content: Record<string, unknown>): MatrixEvent {
    const thread = threadId === null ? null : room.getThread(threadId);
    const last = thread?.lastReply((event) => event.isRelation("m.thread") && !event.status)?.getId() ?? threadId;
    // Clients that know no threads see it as an answer to the message before.
    const relation = { rel_type: "m.thread", event_id: threadId, is_falling_back: true, "m.in_reply_to": { event_id: last } };
    const event = new MatrixEvent({
        event_id: `~${room.roomId}:${txnId}`,
        room_id: room.roomId,
        sender: client.getSafeUserId(),
        type: "m.room.message",
        content: threadId === null ? content : { ...content, "m.relates_to": relation },
        origin_server_ts: Date.now(),
    });
    if (thread) event.setThread(thread);
    event.setTxnId(txnId);
    event.setStatus(EventStatus.NOT_SENT);
    return event;
}

/** Notes why a message was not sent, as the SDK does it for those that it sends. */
function refused(room: Room, event: MatrixEvent, error: unknown): void {
    event.error = error as MatrixError | null;
    room.emit(RoomEvent.LocalEchoUpdated, event, room, event.getId(), event.status ?? undefined);
}

/** The event that the server has made of a message. */
function arrived(room: Room, txnId: string): MatrixEvent | undefined {
    const threads = room.getThreads().flatMap((thread) => thread.events.slice(-ARRIVED_EVENTS_MAX));
    const events = [...room.getLiveTimeline().getEvents().slice(-ARRIVED_EVENTS_MAX), ...threads];
    return events.findLast((event) => !event.status && event.getUnsigned().transaction_id === txnId);
}
