//! Sealed bytes with a limit: what was used last stays, what was used longest ago goes.

import { coalesced } from "../base/coalesce";
import type { Records } from "./records";

/** Time until it is written down what was used. */
const NOTE_DELAY_MS = 1_000;

interface Use {
    readonly bytes: number;
    readonly usedMs: number;
}

export interface ShelfLimits {
    /** Everything together. */
    readonly bytesMax: number;
    /** One item; a larger one is not kept. */
    readonly itemBytesMax: number;
}

export class Shelf {
    readonly #records: Records;
    readonly #drawer: string;
    readonly #limits: ShelfLimits;
    readonly #now: () => number;
    readonly #note = coalesced(NOTE_DELAY_MS, () => void this.#write());
    #uses: Promise<Map<string, Use>> | null = null;
    #writes: Promise<void> = Promise.resolve();

    constructor(records: Records, drawer: string, limits: ShelfLimits, now: () => number = Date.now) {
        this.#records = records;
        this.#drawer = drawer;
        this.#limits = limits;
        this.#now = now;
    }

    /** What is kept under this name; null if it is not (any more). */
    async get(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
        const uses = await this.#known();
        const use = uses.get(name);
        if (!use) return null;
        uses.set(name, { ...use, usedMs: this.#now() });
        this.#note();
        return this.#records.getBytes(this.#drawer, name);
    }

    /** Keeps this, unless it is too large, and lets others go for it. */
    put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
        const write = async () => {
            if (bytes.length > this.#limits.itemBytesMax) return;
            const uses = await this.#known();
            await this.#records.putBytes(this.#drawer, name, bytes);
            uses.set(name, { bytes: bytes.length, usedMs: this.#now() });
            await this.#trim(uses);
            this.#note();
        };
        // A full disk is no reason not to show what was fetched.
        this.#writes = this.#writes.then(write).catch(() => undefined);
        return this.#writes;
    }

    /** Everything that was to be written is. */
    async close(): Promise<void> {
        await this.#writes;
        this.#note.cancel();
        if (this.#uses) await this.#write();
    }

    #known(): Promise<Map<string, Use>> {
        this.#uses ??= this.#load();
        return this.#uses;
    }

    async #load(): Promise<Map<string, Use>> {
        const noted = await this.#records.get<[string, Use][]>("uses", this.#drawer).catch(() => undefined);
        const uses = new Map(noted ?? []);
        // What was put here and not noted before the page was closed would stay for ever.
        await this.#records.keepOnly(this.#drawer, uses.keys()).catch(() => undefined);
        return uses;
    }

    async #trim(uses: Map<string, Use>): Promise<void> {
        let total = 0;
        for (const { bytes } of uses.values()) total += bytes;
        const oldestFirst = [...uses].sort(([, a], [, b]) => a.usedMs - b.usedMs);
        for (const [name, { bytes }] of oldestFirst) {
            if (total <= this.#limits.bytesMax) return;
            total -= bytes;
            uses.delete(name);
            await this.#records.delete(this.#drawer, name);
        }
    }

    async #write(): Promise<void> {
        const uses = await this.#known();
        await this.#records.put("uses", this.#drawer, [...uses]).catch(() => undefined);
    }
}
