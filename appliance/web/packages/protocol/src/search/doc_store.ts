//! The messages of the index on the disk: sealed, some hundreds in a record, each record written anew when one of them changes.

import { coalesced } from "../base/coalesce";
import type { Records } from "../offline/records";
import { type Doc, SearchIndex } from "./index";

const DRAWER = "search";
const CHUNK_DOCS = 256;

/** Time until a change is on the disk; a burst is one write. */
const WRITE_DELAY_MS = 1_000;

/** Messages that can be searched; beyond that the oldest go. */
const DOCS_MAX = 50_000;
/** How many go at once, so that it is not done for each. */
const DROPPED_AT_ONCE = 1_000;

export class DocStore {
    readonly index = new SearchIndex();
    readonly #records: Records;
    readonly #chunks = new Map<number, Map<string, Doc>>();
    readonly #chunkOf = new Map<string, number>();
    readonly #dirty = new Set<number>();
    readonly #write = coalesced(WRITE_DELAY_MS, () => void this.flush());
    #newest = 0;
    #writes: Promise<void> = Promise.resolve();

    constructor(records: Records) {
        this.#records = records;
    }

    /** Reads what was kept; what is already known of this visit is newer. */
    async load(): Promise<void> {
        const stored = await this.#records.all<readonly Doc[]>(DRAWER);
        for (const [name, docs] of stored) {
            const at = Number(name);
            if (!Number.isInteger(at)) continue;
            this.#newest = Math.max(this.#newest, at);
            for (const doc of docs) {
                if (this.index.get(doc.id)) continue;
                this.#place(doc, at);
                this.index.add(doc);
            }
            // Decrypting one and indexing one take turns with the page.
            await Promise.resolve();
        }
    }

    has(id: string): boolean {
        return this.index.get(id) !== undefined;
    }

    /** Takes a message in, or its newer text. Says whether that changed anything. */
    put(doc: Doc): boolean {
        const known = this.index.get(doc.id);
        if (known?.text === doc.text && known.roomId === doc.roomId && known.kind === doc.kind) return false;
        this.index.add(doc);
        this.#place(doc, this.#chunkOf.get(doc.id) ?? this.#open());
        this.#changed(this.#chunkOf.get(doc.id));
        if (this.index.size > DOCS_MAX) this.#dropOldest();
        return true;
    }

    /** Forgets a message. */
    remove(id: string): void {
        const at = this.#chunkOf.get(id);
        if (at === undefined) return;
        this.index.remove(id);
        this.#chunkOf.delete(id);
        this.#chunks.get(at)?.delete(id);
        this.#changed(at);
    }

    /** Forgets all messages of a room. */
    removeRoom(roomId: string): void {
        for (const docs of [...this.#chunks.values()]) {
            for (const doc of [...docs.values()]) if (doc.roomId === roomId) this.remove(doc.id);
        }
    }

    /** Writes what has changed. */
    flush(): Promise<void> {
        this.#write.cancel();
        const changes = [...this.#dirty].map((at) => {
            const docs = [...(this.#chunks.get(at)?.values() ?? [])];
            return { drawer: DRAWER, name: String(at), value: docs.length > 0 ? docs : undefined };
        });
        this.#dirty.clear();
        this.#writes = this.#writes.then(() => this.#records.write(changes)).catch(() => undefined);
        return this.#writes;
    }

    #place(doc: Doc, at: number): void {
        const chunk = this.#chunks.get(at) ?? new Map<string, Doc>();
        chunk.set(doc.id, doc);
        this.#chunks.set(at, chunk);
        this.#chunkOf.set(doc.id, at);
    }

    /** The chunk that takes new messages. */
    #open(): number {
        if ((this.#chunks.get(this.#newest)?.size ?? 0) >= CHUNK_DOCS) this.#newest += 1;
        return this.#newest;
    }

    #changed(at: number | undefined): void {
        if (at === undefined) return;
        this.#dirty.add(at);
        this.#write();
    }

    #dropOldest(): void {
        const all = [...this.#chunks.values()].flatMap((chunk) => [...chunk.values()]);
        all.sort((a, b) => a.ts - b.ts);
        for (const { id } of all.slice(0, DROPPED_AT_ONCE)) this.remove(id);
    }
}
