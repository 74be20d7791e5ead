//! The SDK's store over sealed records. What it holds in memory is the SDK's business; what comes onto the disk is ours.

import { type IEvent, IndexedDBStore } from "matrix-js-sdk/lib/matrix.js";
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
    #savedMs = 0;

    constructor(records: Records, waiting: Waiting) {
        super({ indexedDB });
        this.#records = records;
        this.#waiting = waiting;
        this._backend = new SyncBackend(records);
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

    override async save(force = false): Promise<void> {
        if (!force && Date.now() - this.#savedMs <= SAVE_AFTER_MS) {
            this.#later();
            return;
        }
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
