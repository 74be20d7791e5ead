//! Reads older history of rooms in the background, a page at a time, so that it can be searched, also without a network.

import { Direction, type MatrixClient, type MatrixEvent, type Room } from "matrix-js-sdk/lib/matrix.js";
import type { Records } from "../offline/records";

/** How far back each room is read. */
const ROOM_EVENTS_MAX = 1_000;
const PAGE_EVENTS = 100;

/** Time between two pages: what people do comes first. */
const PAUSE_MS = 300;

const DRAWER = "search";
const PROGRESS = "crawl";

/** How far a room has been read; null: as far as it is to be. */
type Progress = Record<string, { readonly token: string | null; readonly events: number }>;

export interface CrawlerEvents {
    /** A page was read. */
    onEvents(events: readonly MatrixEvent[]): Promise<void>;
    /** Rooms that have been read as far as they are to be, of all. */
    onProgress(done: number, total: number): void;
}

export class Crawler {
    readonly #client: MatrixClient;
    readonly #records: Records;
    readonly #events: CrawlerEvents;
    readonly #paused: () => boolean;
    #progress: Progress | null = null;
    #running = false;
    #stopped = false;

    constructor(client: MatrixClient, records: Records, events: CrawlerEvents, paused: () => boolean) {
        this.#client = client;
        this.#records = records;
        this.#events = events;
        this.#paused = paused;
    }

    /** Goes on where it was, until everything is read or there is no network. */
    async run(): Promise<void> {
        if (this.#running || this.#rests()) return;
        this.#running = true;
        try {
            this.#progress ??= (await this.#records.get<Progress>(DRAWER, PROGRESS)) ?? {};
            for (;;) {
                const rooms = this.#rooms();
                const next = rooms.find((room) => !this.#isDone(room));
                this.#events.onProgress(rooms.filter((room) => this.#isDone(room)).length, rooms.length);
                if (!next || this.#rests()) return;
                await this.#page(next, this.#progress);
                await this.#records.put(DRAWER, PROGRESS, this.#progress);
                await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
            }
        } catch {
            // No network, or the server refuses: tried again when it answers the next time.
        } finally {
            this.#running = false;
        }
    }

    stop(): void {
        this.#stopped = true;
    }

    #rests(): boolean {
        return this.#stopped || this.#paused();
    }

    /** The rooms that were active last come first. */
    #rooms(): Room[] {
        const rooms = this.#client.getRooms().filter((room) => room.getMyMembership() === "join" && !room.isSpaceRoom());
        return rooms.sort((a, b) => b.getLastActiveTimestamp() - a.getLastActiveTimestamp());
    }

    #isDone({ roomId }: Room): boolean {
        return this.#progress?.[roomId]?.token === null;
    }

    async #page(room: Room, progress: Progress): Promise<void> {
        const { roomId } = room;
        const known = progress[roomId];
        const from = known?.token ?? room.getLiveTimeline().getPaginationToken(Direction.Backward);
        if (from === null) {
            // Its whole history is here.
            progress[roomId] = { token: null, events: known?.events ?? 0 };
            return;
        }
        const page = await this.#client.createMessagesRequest(roomId, from, PAGE_EVENTS, Direction.Backward);
        const toEvent = this.#client.getEventMapper();
        await this.#events.onEvents(page.chunk.map((raw) => toEvent(raw)));
        const events = (known?.events ?? 0) + page.chunk.length;
        const more = page.end !== undefined && page.chunk.length > 0 && events < ROOM_EVENTS_MAX;
        progress[roomId] = { token: more ? (page.end ?? null) : null, events };
    }
}
