//! The SDK's store over sealed records. What it holds in memory is the SDK's business; what comes onto the disk is ours.

import { type IEvent, IndexedDBStore } from "matrix-js-sdk/lib/matrix.js";
import type { ISyncResponse } from "matrix-js-sdk/lib/sync-accumulator.js";
import { coalesced } from "../base/coalesce";
import type { Records } from "./records";
import { SyncBackend } from "./sync_backend";

/** How far behind what is on the disk may be: the rest would be fetched again, but not without a network. */
const SAVE_AFTER_MS = 500;

/** Messages that wait for being sent, as the room asks for them when it is made. */
export interface Waiting {
    restore(roomId: string): Promise<Partial<IEvent>[]>;
    changed(roomId: string): void;
}

export class SealedStore extends IndexedDBStore {
    readonly #records: Records;
    readonly #waiting: Waiting;
    readonly #filters = new Map<string, string>();
    readonly #later = coalesced(SAVE_AFTER_MS, () => void this.save(true));
    readonly #backend: SyncBackend;
    #savedMs = 0;
    /** The SDK works on a sync whose events this store has not been given yet. */
    #working: PromiseWithResolvers<void> | null = null;

    constructor(records: Records, waiting: Waiting) {
        super({ indexedDB });
        this.#records = records;
        this.#waiting = waiting;
        this.#backend = new SyncBackend(records);
        this._backend = this.#backend;
        const accumulate = this.setSyncData;
        this.setSyncData = async (sync: ISyncResponse) => {
            await accumulate(sync);
            this.#working?.resolve();
            this.#working = null;
        };
    }

    override async startup(): Promise<void> {
        const filters = await this.#records.get<[string, string][]>("sync", "filters");
        for (const [name, id] of filters ?? []) this.#filters.set(name, id);
        await super.startup();
    }

    /** Always: the SDK does not ask again, and what it would not save now would be saved with the next sync, whenever that is. */
    override wantsSave(): boolean {
        return true;
    }

    /** The SDK tells the position first, then works on the events, and hands them over at the end. */
    override setSyncToken(token: string): void {
        super.setSyncToken(token);
        if (token !== this.#backend.position) this.#working ??= Promise.withResolvers();
    }

    /** With `force`, what is there when it is called is on the disk when it ends, with the sync that is being worked on. */
    override async save(force = false): Promise<void> {
        if (!force && Date.now() - this.#savedMs <= SAVE_AFTER_MS) {
            this.#later();
            return;
        }
        await this.#working?.promise;
        this.#later.cancel();
        this.#savedMs = Date.now();
        await super.save(true);
    }

    override async destroy(): Promise<void> {
        this.#later.cancel();
        await super.destroy();
    }

    override getFilterIdByName(name: string): string | null {
        return this.#filters.get(name) ?? null;
    }

    override setFilterIdByName(name: string, id?: string): void {
        if (id === undefined) this.#filters.delete(name);
        else this.#filters.set(name, id);
        void this.#records.put("sync", "filters", [...this.#filters]).catch(() => undefined);
    }

    override getPendingEvents(roomId: string): Promise<Partial<IEvent>[]> {
        return this.#waiting.restore(roomId);
    }

    /** The SDK would keep only what is encrypted already, which is nothing that was written without a network. */
    override setPendingEvents(roomId: string): Promise<void> {
        this.#waiting.changed(roomId);
        return Promise.resolve();
    }
}
