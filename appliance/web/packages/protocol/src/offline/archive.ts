//! History that was on this device once: every event that came by sync or was scrolled to, sealed, and the order of each
//! room's events. It answers what the SDK would ask the server, as far as it can.

import type { IRoomEvent, IStateEvent, ISyncResponse } from "matrix-js-sdk/lib/sync-accumulator.js";
import { coalesced } from "../base/coalesce";
import type { RecordWrite, Records } from "./records";
import { RoomHistory, type SavedHistory } from "./room_history";

/** Events kept of each room. */
const ROOM_EVENTS_MAX = 5_000;

/** Time until a room's order is written; its events are written at once. */
const WRITE_DELAY_MS = 1_000;

/** Neighbors of an event where the request does not say how many. */
const CONTEXT_EVENTS = 10;

export type RawEvent = IRoomEvent | IStateEvent;

/** An answer to `GET /messages`. */
export interface Messages {
    readonly chunk: readonly RawEvent[];
    readonly start?: string | undefined;
    readonly end?: string | undefined;
    readonly state?: readonly RawEvent[] | undefined;
}

/** An answer to `GET /context`. */
export interface Context {
    readonly event: RawEvent;
    readonly events_before: readonly RawEvent[];
    readonly events_after: readonly RawEvent[];
    readonly start?: string | undefined;
    readonly end?: string | undefined;
    readonly state?: readonly RawEvent[] | undefined;
}

interface SavedRoom extends SavedHistory {
    /** Who has written: membership events by user id. */
    readonly members: readonly (readonly [string, RawEvent])[];
}

interface Room {
    readonly history: RoomHistory;
    readonly members: Map<string, RawEvent>;
}

const isMember = (event: RawEvent): event is IStateEvent => event.type === "m.room.member" && "state_key" in event;

export class Archive {
    readonly #records: Records;
    readonly #rooms = new Map<string, Promise<Room>>();
    readonly #dirty = new Set<string>();
    readonly #write = coalesced(WRITE_DELAY_MS, () => void this.#do(() => this.#writeRooms()));
    #work: Promise<unknown> = Promise.resolve();

    constructor(records: Records) {
        this.#records = records;
    }

    /** Keeps what came by sync. */
    synced(sync: ISyncResponse): void {
        // A sync without news has no rooms, whatever the type says.
        const { join = {}, leave = {} } = ((sync as Partial<ISyncResponse>).rooms ?? {}) as Partial<ISyncResponse["rooms"]>;
        for (const [roomId, { timeline, state }] of Object.entries(join)) {
            const events = timeline.events.filter((event) => "event_id" in event) as RawEvent[];
            if (events.length === 0 && timeline.limited !== true) continue;
            const older = timeline.prev_batch ?? null;
            const members = [...((state as { events?: RawEvent[] } | undefined)?.events ?? []), ...events];
            void this.#keep(roomId, events, members, (history) => {
                history.arrived(idsOf(events), older, timeline.limited === true);
            });
        }
        for (const roomId of Object.keys(leave)) void this.forget(roomId);
    }

    /** Keeps a page that was scrolled to; `from` is where it begins, going back or forth. */
    paged(roomId: string, back: boolean, from: string | null, { chunk, end, state }: Messages): Promise<void> {
        const events = back ? [...chunk].reverse() : chunk;
        const [older, newer] = back ? [end ?? null, from] : [from, end ?? null];
        return this.#keep(roomId, events, state ?? [], (history) => {
            history.add({ ids: idsOf(events), older, newer });
        });
    }

    /** Keeps an event with its neighbors. */
    found(roomId: string, context: Context): Promise<void> {
        const events = [...[...context.events_before].reverse(), context.event, ...context.events_after];
        return this.#keep(roomId, events, context.state ?? [], (history) => {
            history.add({ ids: idsOf(events), older: context.start ?? null, newer: context.end ?? null });
        });
    }

    /** What `GET /messages` would answer; null if nothing is known of what is asked. */
    messages(roomId: string, back: boolean, from: string, max: number): Promise<Messages | null> {
        return this.#do(async () => {
            const room = await this.#room(roomId);
            const stretch = back ? room.history.before(from, max) : room.history.after(from, max);
            if (!stretch) return null;
            const [edge] = stretch.edge === null ? [] : await this.#events([stretch.edge]);
            const begins = back && edge?.type === "m.room.create";
            if (stretch.ids.length === 0 && !begins) return null;
            const chunk = await this.#events(stretch.ids);
            return { chunk, start: from, end: begins ? undefined : (stretch.token ?? undefined), state: membersOf(room, chunk) };
        });
    }

    /** What `GET /context` would answer; null if the event is not here. */
    context(roomId: string, eventId: string, max = CONTEXT_EVENTS): Promise<Context | null> {
        return this.#do(async () => {
            const room = await this.#room(roomId);
            const around = room.history.around(eventId, max);
            const event = await this.#records.get<RawEvent>("events", eventId);
            if (!around || !event) return null;
            const [before, after] = [await this.#events(around.before.ids), await this.#events(around.after.ids)];
            return {
                event,
                events_before: before,
                events_after: after,
                start: around.before.token ?? undefined,
                end: around.after.token ?? undefined,
                state: membersOf(room, [event, ...before, ...after]),
            };
        });
    }

    /** One event; null if it is not here. */
    event(eventId: string): Promise<RawEvent | null> {
        return this.#do(async () => (await this.#records.get<RawEvent>("events", eventId)) ?? null);
    }

    /** Forgets a room: its user has left it. */
    forget(roomId: string): Promise<void> {
        return this.#do(async () => {
            const { history } = await this.#room(roomId);
            const gone = history.trim(0).map((name): RecordWrite => ({ drawer: "events", name, value: undefined }));
            await this.#records.write([...gone, { drawer: "history", name: roomId, value: undefined }]);
            this.#rooms.delete(roomId);
            this.#dirty.delete(roomId);
        });
    }

    /** Everything is on the disk. */
    async close(): Promise<void> {
        this.#write.cancel();
        await this.#do(() => this.#writeRooms());
    }

    #keep(roomId: string, events: readonly RawEvent[], state: readonly RawEvent[], order: (history: RoomHistory) => void): Promise<void> {
        return this.#do(async () => {
            const room = await this.#room(roomId);
            order(room.history);
            for (const event of state) if (isMember(event)) room.members.set(event.state_key, event);
            const kept = events.map((event): RecordWrite => ({ drawer: "events", name: event.event_id, value: event }));
            const gone = room.history.trim(ROOM_EVENTS_MAX).map((name): RecordWrite => ({ drawer: "events", name, value: undefined }));
            await this.#records.write([...kept, ...(await this.#redacted(events)), ...gone]);
            this.#dirty.add(roomId);
            this.#write();
        });
    }

    /** What was deleted for all is deleted here, too. */
    async #redacted(events: readonly RawEvent[]): Promise<RecordWrite[]> {
        const writes: RecordWrite[] = [];
        for (const event of events) {
            if (event.type !== "m.room.redaction") continue;
            const name: unknown = (event as { redacts?: unknown }).redacts ?? event.content.redacts;
            if (typeof name !== "string") continue;
            const here = events.find((other) => other.event_id === name) ?? (await this.#records.get<RawEvent>("events", name));
            if (!here) continue;
            writes.push({ drawer: "events", name, value: { ...here, content: {}, unsigned: { redacted_because: event } } });
        }
        return writes;
    }

    async #events(ids: readonly string[]): Promise<RawEvent[]> {
        const found = await Promise.all(ids.map((id) => this.#records.get<RawEvent>("events", id)));
        return found.filter((event) => event !== undefined);
    }

    #room(roomId: string): Promise<Room> {
        const known = this.#rooms.get(roomId);
        if (known) return known;
        const loading = this.#records.get<SavedRoom>("history", roomId).then((saved) => ({
            history: new RoomHistory(saved),
            members: new Map(saved?.members ?? []),
        }));
        this.#rooms.set(roomId, loading);
        return loading;
    }

    async #writeRooms(): Promise<void> {
        const ids = [...this.#dirty];
        this.#dirty.clear();
        const writes = ids.map(async (name): Promise<RecordWrite> => {
            const { history, members } = await this.#room(name);
            return { drawer: "history", name, value: { ...history.saved, members: [...members] } satisfies SavedRoom };
        });
        await this.#records.write(await Promise.all(writes));
    }

    /** One thing after another: an answer sees what was kept before it was asked for. */
    #do<T>(work: () => Promise<T>): Promise<T> {
        const done = this.#work.then(work);
        this.#work = done.catch(() => undefined);
        return done;
    }
}

const idsOf = (events: readonly RawEvent[]): string[] => events.map((event) => event.event_id);

function membersOf({ members }: Room, events: readonly RawEvent[]): RawEvent[] {
    const senders = new Set(events.map((event) => event.sender));
    return [...senders].map((sender) => members.get(sender)).filter((event) => event !== undefined);
}
