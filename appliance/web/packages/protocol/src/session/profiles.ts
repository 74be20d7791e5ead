//! The accounts that are signed in on this device, side by side, and which of them is being used.
//!
//! Their list is the only thing that is kept in clear: who they are and when they were used. Each has databases of its own.

import { Database } from "../base/database";
import type { SignedIn } from "./homeserver";
import { type Session, SessionKeeper, accountOf, forgetAccount, isVisited } from "./session_keeper";

const DATABASE = "veche";
const DRAWER = "accounts";
const ID_BYTES = 8;

/** An account of this device. */
export interface Profile {
    /** What its databases are named after; says nothing about whose it is. */
    readonly id: string;
    readonly userId: string;
    readonly deviceId: string;
    /** What people call it, as far as it is known. */
    readonly name: string;
    readonly usedMs: number;
}

function newId(): string {
    return Array.from(crypto.getRandomValues(new Uint8Array(ID_BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The list of accounts. Only the tab that leads may use it. */
export class Profiles {
    readonly #database: Database;
    readonly #now: () => number;
    #swept: Promise<void> | null = null;

    private constructor(database: Database, now: () => number) {
        this.#database = database;
        this.#now = now;
    }

    static async open(now: () => number = Date.now): Promise<Profiles> {
        return new Profiles(await Database.open(DATABASE, [DRAWER]), now);
    }

    /** The account that was used last comes first. */
    async list(): Promise<Profile[]> {
        const all = await this.#database.values<Profile>(DRAWER);
        return all.sort((a, b) => b.usedMs - a.usedMs || a.id.localeCompare(b.id));
    }

    /** Keeps a new session as an account of its own. */
    async add(signedIn: SignedIn, baseUrl: string): Promise<{ readonly keeper: SessionKeeper; readonly session: Session }> {
        const { userId, deviceId } = signedIn;
        // A new one is in no list yet, and would go, too.
        await this.sweep();
        const id = newId();
        const keeper = await SessionKeeper.open(id);
        const session = await keeper.begin(signedIn, baseUrl);
        // Listed once it can be opened: what is not listed is swept away.
        await this.#put({ id, userId, deviceId, name: userId, usedMs: this.#now() });
        return { keeper, session };
    }

    /** Opens an account, which is then the one used last. */
    async open(id: string): Promise<SessionKeeper> {
        const [keeper] = await Promise.all([SessionKeeper.open(id), this.#used(id)]);
        return keeper;
    }

    /** Opens an account to look into it; the order of the list stays. */
    peek(id: string): Promise<SessionKeeper> {
        return SessionKeeper.open(id);
    }

    async rename(id: string, name: string): Promise<void> {
        const profile = await this.#database.get<Profile>(DRAWER, id);
        if (profile && profile.name !== name) await this.#put({ ...profile, name });
    }

    /** Forgets an account and everything that it kept. It leaves the list first: what is interrupted is swept away later. */
    async forget(id: string): Promise<void> {
        await this.#database.delete(DRAWER, id);
        await forgetAccount(id);
    }

    /** Deletes what belongs to no account any more: a page may have been closed while it was forgetting. Once is enough. */
    sweep(): Promise<void> {
        return (this.#swept ??= this.#sweep().catch(() => undefined));
    }

    close(): void {
        this.#database.close();
    }

    async #used(id: string): Promise<void> {
        const profile = await this.#database.get<Profile>(DRAWER, id);
        if (profile) await this.#put({ ...profile, usedMs: this.#now() });
    }

    async #sweep(): Promise<void> {
        const known = new Set((await this.list()).map(({ id }) => id));
        const databases = await indexedDB.databases();
        const strays = new Set(databases.map(({ name }) => accountOf(name ?? "")).filter((id) => id !== null && !known.has(id)));
        for (const id of strays) if (id !== null && !(await isVisited(id))) await forgetAccount(id);
    }

    #put(profile: Profile): Promise<void> {
        return this.#database.put(DRAWER, profile.id, profile);
    }
}
