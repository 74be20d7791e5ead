//! What works without a network, put together for one account: the SDK's store, the archive of history, the outbox, files.
//!
//! Everything goes through `Records`: sealed with a key that cannot leave the browser, in the account's own database, which
//! is deleted with the account. How the parts fit is told in the README beside this file.

import type { ISyncResponse } from "matrix-js-sdk/lib/sync-accumulator.js";
import type { FetchBytes } from "../content/media_store";
import { Archive } from "./archive";
import { offlineFetch } from "./offline_fetch";
import { Outbox } from "./outbox";
import type { Records } from "./records";
import { SealedStore } from "./sealed_store";
import { Shelf } from "./shelf";

/** Files that were opened, and pictures of them. */
const FILES = { bytesMax: 256 * 1024 * 1024, itemBytesMax: 32 * 1024 * 1024 } as const;

/** Answers about profiles, threads and the like. */
const ANSWERS = { bytesMax: 16 * 1024 * 1024, itemBytesMax: 1024 * 1024 } as const;

/** Sending a message, and taking one back. */
const SEND = /^\/_matrix\/client\/v3\/rooms\/[^/]+\/(?:send|redact)\//;

/** The SDK's store, which tells the archive what came. */
class ArchivingStore extends SealedStore {
    readonly #archive: Archive;

    constructor(records: Records, outbox: Outbox, archive: Archive) {
        super(records, outbox);
        this.#archive = archive;
        const accumulate = this.setSyncData;
        this.setSyncData = (sync: ISyncResponse) => {
            this.#archive.synced(sync);
            return accumulate(sync);
        };
    }
}

export class Offline {
    readonly records: Records;
    readonly outbox: Outbox;
    readonly store: SealedStore;
    /** What the SDK asks the server with. */
    readonly fetch: typeof fetch;
    readonly #archive: Archive;
    readonly #answers: Shelf;
    readonly #files: Shelf;

    constructor(records: Records, network: typeof fetch = (...request) => globalThis.fetch(...request)) {
        this.records = records;
        this.outbox = new Outbox(records);
        this.#archive = new Archive(records);
        this.#answers = new Shelf(records, "answers", ANSWERS);
        this.#files = new Shelf(records, "files", FILES);
        this.store = new ArchivingStore(records, this.outbox, this.#archive);
        this.fetch = offlineFetch(this.#archive, this.#answers, this.#afterWriting(network));
    }

    /** A message is on the disk before the server can have it: if the page ends before the answer, it is still known here. */
    #afterWriting(network: typeof fetch): typeof fetch {
        return async (input, init) => {
            const address = typeof input === "string" ? input : input instanceof URL ? input.href : input.url;
            if (init?.method === "PUT" && SEND.test(new URL(address, globalThis.location.href).pathname)) await this.outbox.flushed();
            return network(input, init);
        };
    }

    /** Fetches files, each only once: an address holds one content for ever. */
    files(network: FetchBytes): FetchBytes {
        return async (path, signal) => {
            const kept = await this.#files.get(path).catch(() => null);
            if (kept) return kept.buffer;
            const bytes = await network(path, signal);
            // A copy: whoever asked may do with the bytes as they like.
            void this.#files.put(path, new Uint8Array(bytes.slice(0)));
            return bytes;
        };
    }

    /** Writes what is to be written. */
    async close(): Promise<void> {
        await Promise.all([this.outbox.flushed(), this.#archive.close(), this.#answers.close(), this.#files.close()]).catch(() => undefined);
    }
}
