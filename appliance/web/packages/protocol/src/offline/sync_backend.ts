//! What the SDK knows of rooms and people, kept sealed between two visits: a record for each room, written when it changes.

import {
    type IMinimalEvent,
    type IRooms,
    type ISyncResponse,
    SyncAccumulator,
} from "matrix-js-sdk/lib/sync-accumulator.js";
import type { IStateEventWithRoomId } from "matrix-js-sdk/lib/@types/search.js";
import type { IStoredClientOpts } from "matrix-js-sdk/lib/client.js";
import type { IndexedToDeviceBatch, ToDeviceBatchWithTxnId } from "matrix-js-sdk/lib/models/ToDeviceMessage.js";
import type { SyncUserProfile } from "matrix-js-sdk/lib/models/user.js";
import type { ISavedSync } from "matrix-js-sdk/lib/store/index.js";
import type { IIndexedDBBackend, UserTuple } from "matrix-js-sdk/lib/store/indexeddb-backend.js";
import type { RecordWrite, Records } from "./records";

/** Events of each room that are there at once after a reload; older ones are in the archive. */
const ROOM_EVENTS_MAX = 100;

const DRAWERS = ["sync", "rooms", "members", "todevice"];

/** What is not a room's: one record, written with the rooms, so that the position always fits them. */
interface Meta {
    readonly nextBatch: string;
    readonly accountData: readonly IMinimalEvent[];
}

interface People {
    readonly presence: readonly UserTuple[];
    readonly profiles: readonly (readonly [string, SyncUserProfile])[];
}

const CATEGORIES = ["join", "invite", "knock", "leave"] as const;

const emptyRooms = (): IRooms => ({ join: {}, invite: {}, knock: {}, leave: {} });

/** The part of `rooms` that is about one room. */
function only(rooms: IRooms, roomId: string): IRooms {
    const part = emptyRooms();
    for (const category of CATEGORIES) {
        const found = rooms[category][roomId];
        if (found) Object.assign(part[category], { [roomId]: found });
    }
    return part;
}

const idsIn = (rooms: Partial<IRooms>): string[] => CATEGORIES.flatMap((category) => Object.keys(rooms[category] ?? {}));

/** The backend of the SDK's store. The SDK asks for saving; what has not changed since is not written again. */
export class SyncBackend implements IIndexedDBBackend {
    readonly #records: Records;
    readonly #rooms = new Map<string, SyncAccumulator>();
    readonly #rest = new SyncAccumulator();
    readonly #dirty = new Set<string>();
    readonly #presence = new Map<string, UserTuple>();
    readonly #profiles = new Map<string, SyncUserProfile>();
    #created = false;
    #peopleChanged = false;
    #writes: Promise<void> = Promise.resolve();
    #lastToDevice = 0;

    constructor(records: Records) {
        this.#records = records;
    }

    async connect(): Promise<void> {
        const meta = await this.#records.get<Meta>("sync", "meta");
        this.#created = meta === undefined;
        if (!meta) return;
        const rest: ISyncResponse = { next_batch: meta.nextBatch, rooms: emptyRooms(), account_data: { events: [...meta.accountData] } };
        this.#rest.accumulate(rest, true);
        for (const [roomId, rooms] of await this.#records.all<IRooms>("rooms")) {
            this.#room(roomId).accumulate({ next_batch: meta.nextBatch, rooms, account_data: { events: [] } }, true);
        }
        const people = await this.#records.get<People>("sync", "people");
        for (const tuple of people?.presence ?? []) this.#presence.set(tuple[0], tuple);
        for (const [userId, profile] of people?.profiles ?? []) this.#profiles.set(userId, profile);
    }

    isNewlyCreated(): Promise<boolean> {
        return Promise.resolve(this.#created);
    }

    setSyncData(sync: ISyncResponse): Promise<void> {
        const rooms: Partial<IRooms> = sync.rooms;
        const whole = { ...emptyRooms(), ...rooms };
        for (const roomId of idsIn(whole)) {
            this.#room(roomId).accumulate({ next_batch: sync.next_batch, rooms: only(whole, roomId), account_data: { events: [] } });
            this.#dirty.add(roomId);
        }
        this.#rest.accumulate({ ...sync, rooms: emptyRooms() });
        return Promise.resolve();
    }

    /** Writes what has changed. Writes follow one another; each is one picture of all rooms at one position. */
    syncToDatabase(users: UserTuple[]): Promise<void> {
        for (const tuple of users) this.#presence.set(tuple[0], tuple);
        if (users.length > 0) this.#peopleChanged = true;
        const changes = this.#changes();
        this.#writes = this.#writes.then(() => this.#records.write(changes));
        return this.#writes;
    }

    getSavedSync(): Promise<ISavedSync | null> {
        const { nextBatch, accountData } = this.#rest.getJSON();
        if (!nextBatch) return Promise.resolve(null);
        const roomsData = emptyRooms();
        for (const room of this.#rooms.values()) {
            const part = room.getJSON().roomsData;
            for (const category of CATEGORIES) Object.assign(roomsData[category], part[category]);
        }
        // A copy: the SDK writes into what it is given.
        return Promise.resolve(structuredClone({ nextBatch, accountData, roomsData }));
    }

    /** The position of what it holds; null before there is any. */
    get position(): string | null {
        return this.#rest.getNextBatchToken() || null;
    }

    getNextBatchToken(): Promise<string> {
        return Promise.resolve(this.#rest.getNextBatchToken());
    }

    async clearDatabase(): Promise<void> {
        this.#rooms.clear();
        this.#dirty.clear();
        await this.#records.database.clear(DRAWERS);
    }

    async getOutOfBandMembers(roomId: string): Promise<IStateEventWithRoomId[] | null> {
        return (await this.#records.get<IStateEventWithRoomId[]>("members", roomId)) ?? null;
    }

    setOutOfBandMembers(roomId: string, members: IStateEventWithRoomId[]): Promise<void> {
        return this.#records.put("members", roomId, members);
    }

    clearOutOfBandMembers(roomId: string): Promise<void> {
        return this.#records.delete("members", roomId);
    }

    getUserPresenceEvents(): Promise<UserTuple[]> {
        return Promise.resolve([...this.#presence.values()]);
    }

    getClientOptions(): Promise<IStoredClientOpts | undefined> {
        return this.#records.get<IStoredClientOpts>("sync", "options");
    }

    storeClientOptions(options: IStoredClientOpts): Promise<void> {
        return this.#records.put("sync", "options", options);
    }

    async saveToDeviceBatches(batches: ToDeviceBatchWithTxnId[]): Promise<void> {
        const known = [...(await this.#records.all("todevice")).keys()].map(Number);
        this.#lastToDevice = Math.max(this.#lastToDevice, ...known);
        await this.#records.write(
            batches.map((batch) => ({
                drawer: "todevice",
                name: String(++this.#lastToDevice),
                value: batch,
            })),
        );
    }

    async getOldestToDeviceBatch(): Promise<IndexedToDeviceBatch | null> {
        const all = await this.#records.all<ToDeviceBatchWithTxnId>("todevice");
        const [oldest] = [...all].map(([name, batch]) => ({ ...batch, id: Number(name) })).sort((a, b) => a.id - b.id);
        return oldest ?? null;
    }

    removeToDeviceBatch(id: number): Promise<void> {
        return this.#records.delete("todevice", String(id));
    }

    getUserProfile(userId: string): Promise<SyncUserProfile | undefined> {
        return Promise.resolve(this.#profiles.get(userId));
    }

    storeUserProfiles(profiles: Map<string, SyncUserProfile>): Promise<void> {
        for (const [userId, profile] of profiles) this.#profiles.set(userId, profile);
        this.#peopleChanged = true;
        return Promise.resolve();
    }

    removeUserProfiles(userIds: string[]): Promise<void> {
        for (const userId of userIds) this.#profiles.delete(userId);
        this.#peopleChanged = true;
        return Promise.resolve();
    }

    removeEventsFromRoom(roomId: string, eventIds: string[]): Promise<void> {
        this.#room(roomId).removeEventsFromRoom(roomId, eventIds);
        this.#dirty.add(roomId);
        return this.syncToDatabase([]);
    }

    async destroy(): Promise<void> {
        await this.#writes.catch(() => undefined);
    }

    #room(roomId: string): SyncAccumulator {
        const room = this.#rooms.get(roomId) ?? new SyncAccumulator({ maxTimelineEntries: ROOM_EVENTS_MAX });
        this.#rooms.set(roomId, room);
        return room;
    }

    #changes(): RecordWrite[] {
        const { nextBatch, accountData } = this.#rest.getJSON(true);
        const changes: RecordWrite[] = [{ drawer: "sync", name: "meta", value: { nextBatch, accountData } satisfies Meta }];
        for (const roomId of this.#dirty) {
            const { roomsData } = this.#room(roomId).getJSON(true);
            const left = idsIn(roomsData).length === 0;
            if (left) this.#rooms.delete(roomId);
            changes.push({ drawer: "rooms", name: roomId, value: left ? undefined : roomsData });
        }
        this.#dirty.clear();
        if (this.#peopleChanged) {
            const people: People = { presence: [...this.#presence.values()], profiles: [...this.#profiles] };
            changes.push({ drawer: "sync", name: "people", value: people });
            this.#peopleChanged = false;
        }
        return changes;
    }
}
