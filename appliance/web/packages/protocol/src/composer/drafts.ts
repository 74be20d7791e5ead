//! What was typed and not sent, for each room and thread: sealed in the browser's database, gone with the session.

import type { Mention } from "../content/markdown";
import type { Records } from "../offline/records";

export interface Draft {
    readonly text: string;
    readonly mentions: readonly Mention[];
    readonly replyTo: string | null;
}

const EMPTY_DRAFT: Draft = { text: "", mentions: [], replyTo: null };

export const draftKey = (roomId: string, threadId: string | null): string => `${roomId} ${threadId ?? ""}`;

/** Keeps drafts. Writes follow one another, so that the last one typed is the one that stays. */
export class Drafts {
    readonly #records: Records;
    #writes: Promise<void> = Promise.resolve();

    constructor(records: Records) {
        this.#records = records;
    }

    async load(key: string): Promise<Draft> {
        await this.#writes;
        try {
            return { ...EMPTY_DRAFT, ...(await this.#records.get<Partial<Draft>>("drafts", key)) };
        } catch {
            // A draft that cannot be read is no reason not to write.
            return EMPTY_DRAFT;
        }
    }

    save(key: string, draft: Draft): Promise<void> {
        const empty = draft.text === "" && draft.replyTo === null;
        const write = () => this.#records.put("drafts", key, empty ? undefined : draft);
        this.#writes = this.#writes.then(write).catch(() => undefined);
        return this.#writes;
    }

    /** Rooms and threads with something unsent. */
    async keys(): Promise<string[]> {
        await this.#writes;
        return [...(await this.#records.all("drafts")).keys()];
    }

    /** Everything that was to be written is. */
    flushed(): Promise<void> {
        return this.#writes;
    }
}
