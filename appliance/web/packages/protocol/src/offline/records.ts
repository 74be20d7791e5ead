//! Sealed values under sealed names: the one way in which anything of an account comes onto the disk.

import type { Database, Write } from "../base/database";
import type { Sealed, Vault } from "../session/vault";

/** A change of one record. */
export interface RecordWrite {
    readonly drawer: string;
    readonly name: string;
    /** Undefined: it goes. */
    readonly value: unknown;
}

interface Stored {
    readonly name: string;
    readonly value: unknown;
}

/** Records of one account, in the drawers of its database. What cannot be read is treated as not there. */
export class Records {
    readonly database: Database;
    readonly #vault: Vault;

    constructor(database: Database, vault: Vault) {
        this.database = database;
        this.#vault = vault;
    }

    async get<T>(drawer: string, name: string): Promise<T | undefined> {
        const key = await this.#vault.nameOf(`${drawer} ${name}`);
        const sealed = await this.database.get<Sealed>(drawer, key);
        const stored = sealed && (await this.#open(drawer, sealed));
        return stored?.name === name ? (stored.value as T) : undefined;
    }

    /** Everything in a drawer, by name. */
    async all<T>(drawer: string): Promise<Map<string, T>> {
        const sealed = await this.database.values<Sealed>(drawer);
        const opened = await Promise.all(sealed.map((record) => this.#open(drawer, record)));
        return new Map(opened.filter((record) => record !== undefined).map(({ name, value }) => [name, value as T]));
    }

    put(drawer: string, name: string, value: unknown): Promise<void> {
        return this.write([{ drawer, name, value }]);
    }

    delete(drawer: string, name: string): Promise<void> {
        return this.write([{ drawer, name, value: undefined }]);
    }

    /** Makes all of these changes, or none. The values are read before this returns, and may change afterwards. */
    async write(changes: readonly RecordWrite[]): Promise<void> {
        const texts = changes.map(({ name, value }) => (value === undefined ? null : JSON.stringify({ name, value } satisfies Stored)));
        const writes = changes.map(async ({ drawer, name }, index): Promise<Write> => {
            const key = await this.#vault.nameOf(`${drawer} ${name}`);
            const text = texts[index] ?? null;
            return { drawer, key, value: text === null ? undefined : await this.#vault.sealText(text, drawer) };
        });
        await this.database.write(await Promise.all(writes));
    }

    /** Keeps bytes as they are. They open under this name only. */
    async putBytes(drawer: string, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
        const sealed = await this.#vault.seal(bytes, `${drawer} ${name}`);
        await this.database.put(drawer, await this.#vault.nameOf(`${drawer} ${name}`), sealed);
    }

    async getBytes(drawer: string, name: string): Promise<Uint8Array<ArrayBuffer> | null> {
        const sealed = await this.database.get<Sealed>(drawer, await this.#vault.nameOf(`${drawer} ${name}`));
        return sealed ? this.#vault.open(sealed, `${drawer} ${name}`).catch(() => null) : null;
    }

    /** Deletes what is in a drawer under other names than these. */
    async keepOnly(drawer: string, names: Iterable<string>): Promise<void> {
        const known = new Set(await Promise.all(Array.from(names, (name) => this.#vault.nameOf(`${drawer} ${name}`))));
        const strays = (await this.database.keys(drawer)).filter((key) => !known.has(key));
        await this.database.write(strays.map((key) => ({ drawer, key, value: undefined })));
    }

    async #open(drawer: string, sealed: Sealed): Promise<Stored | undefined> {
        try {
            return JSON.parse(await this.#vault.openText(sealed, drawer)) as Stored;
        } catch {
            return undefined;
        }
    }
}
