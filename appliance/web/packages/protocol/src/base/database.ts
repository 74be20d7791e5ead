//! A database in the browser: small values under keys, in a few named drawers.

import { Problem } from "./problem";

const VERSION = 3;

/** One change; several of them are made together or not at all. */
export interface Write {
    readonly drawer: string;
    readonly key: string;
    /** Undefined: what is there goes. */
    readonly value: unknown;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => {
            resolve(request.result);
        };
        request.onerror = () => {
            reject(new Problem("storage", { cause: request.error }));
        };
    });
}

/** IndexedDB as a few maps. Every write is on disk, as far as the browser promises that, once its promise resolves. */
export class Database {
    readonly #db: IDBDatabase;
    readonly #drawers: readonly string[];

    private constructor(db: IDBDatabase, drawers: readonly string[]) {
        this.#db = db;
        this.#drawers = drawers;
        // Somebody deletes it, which waits for everybody to let go.
        db.onversionchange = () => {
            db.close();
        };
    }

    /** Opens the database of this name; it is made, with these drawers, when there is none. */
    static async open(name: string, drawers: readonly string[], factory: IDBFactory = indexedDB): Promise<Database> {
        let request: IDBOpenDBRequest;
        try {
            request = factory.open(name, VERSION);
        } catch (error) {
            throw new Problem("storage", { cause: error });
        }
        request.onupgradeneeded = () => {
            const { result: db } = request;
            for (const former of db.objectStoreNames) if (!drawers.includes(former)) db.deleteObjectStore(former);
            for (const drawer of drawers) if (!db.objectStoreNames.contains(drawer)) db.createObjectStore(drawer);
        };
        return new Database(await done(request), drawers);
    }

    get<T>(drawer: string, key: string): Promise<T | undefined> {
        return done(this.#db.transaction(drawer).objectStore(drawer).get(key) as IDBRequest<T | undefined>);
    }

    keys(drawer: string): Promise<string[]> {
        return done(this.#db.transaction(drawer).objectStore(drawer).getAllKeys()).then((keys) => keys.map(String));
    }

    values<T>(drawer: string): Promise<T[]> {
        return done(this.#db.transaction(drawer).objectStore(drawer).getAll() as IDBRequest<T[]>);
    }

    put(drawer: string, key: string, value: unknown): Promise<void> {
        return this.write([{ drawer, key, value }]);
    }

    delete(drawer: string, key: string): Promise<void> {
        return this.write([{ drawer, key, value: undefined }]);
    }

    /** Makes all of these changes, or none. */
    write(writes: readonly Write[]): Promise<void> {
        const drawers = [...new Set(writes.map(({ drawer }) => drawer))];
        return this.#change(drawers, (transaction) => {
            for (const { drawer, key, value } of writes) {
                const store = transaction.objectStore(drawer);
                if (value === undefined) store.delete(key);
                else store.put(value, key);
            }
        });
    }

    /** Empties these drawers, or every one. */
    clear(drawers: readonly string[] = this.#drawers): Promise<void> {
        return this.#change(drawers, (transaction) => {
            for (const drawer of drawers) transaction.objectStore(drawer).clear();
        });
    }

    close(): void {
        this.#db.close();
    }

    async #change(drawers: readonly string[], work: (transaction: IDBTransaction) => void): Promise<void> {
        if (drawers.length === 0) return;
        const transaction = this.#db.transaction(drawers, "readwrite");
        await new Promise<void>((resolve, reject) => {
            const fail = () => {
                reject(new Problem("storage", { cause: transaction.error }));
            };
            transaction.oncomplete = () => {
                resolve();
            };
            transaction.onerror = fail;
            transaction.onabort = fail;
            work(transaction);
        });
    }
}

/** Empties a database that somebody else may still have open, so that nothing is left in it until they let go. */
async function empty(name: string, factory: IDBFactory): Promise<void> {
    const db = await done(factory.open(name));
    const stores = [...db.objectStoreNames];
    if (stores.length > 0) {
        const transaction = db.transaction(stores, "readwrite");
        await Promise.all(stores.map((store) => done(transaction.objectStore(store).clear())));
    }
    db.close();
}

/** Deletes whole databases by name; those that do not exist are no error. */
export async function deleteDatabases(names: readonly string[], factory: IDBFactory = indexedDB): Promise<void> {
    const known = new Set((await factory.databases()).map(({ name }) => name));
    for (const name of names.filter((wanted) => known.has(wanted))) {
        await empty(name, factory);
        await new Promise<void>((resolve, reject) => {
            const request = factory.deleteDatabase(name);
            request.onsuccess = () => {
                resolve();
            };
            // Somebody still has it open: the browser deletes it when they let go.
            request.onblocked = () => {
                resolve();
            };
            request.onerror = () => {
                reject(new Problem("storage", { cause: request.error }));
            };
        });
    }
}
