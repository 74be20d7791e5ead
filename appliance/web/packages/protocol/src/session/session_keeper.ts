//! The session of one account between two visits, and the database with everything that the account keeps here.

import { Database, deleteDatabases } from "../base/database";
import { Records } from "../offline/records";
import type { SignedIn } from "./homeserver";
import { type Sealed, VAULT_DRAWER, Vault } from "./vault";

/** A session with what opens its stores. */
export interface Session extends SignedIn {
    readonly baseUrl: string;
    /** Encrypts the store of the end-to-end keys. */
    readonly storageKey: Uint8Array<ArrayBuffer>;
}

interface Record {
    readonly userId: string;
    readonly deviceId: string;
    readonly baseUrl: string;
    readonly accessToken: Sealed;
    readonly storageKey: Sealed;
}

const SESSION_DRAWER = "session";
const RECORD = "session";
const STORAGE_KEY_BYTES = 32;

/** What an account keeps, a drawer each. Everything but the keys themselves is sealed. */
const DRAWERS = [
    VAULT_DRAWER,
    SESSION_DRAWER,
    "drafts",
    "sync",
    "rooms",
    "members",
    "todevice",
    "outbox",
    "waiting",
    "history",
    "events",
    "answers",
    "files",
    "uses",
    "search",
] as const;

/** Databases of accounts begin with this; the list of accounts is in another one. */
const ACCOUNT_PREFIX = "veche-a-";
/** Databases that the SDK makes for the end-to-end keys of an account. */
const CRYPTO_PREFIX = "veche-keys-";

/** The account that a database belongs to; null: to none. */
export function accountOf(database: string): string | null {
    for (const prefix of [ACCOUNT_PREFIX, CRYPTO_PREFIX]) {
        if (database.startsWith(prefix)) return database.slice(prefix.length).split("::")[0] ?? null;
    }
    return null;
}

/** Says to other tabs that this account is in use though it is in no list: a guest's. */
const visitLock = (id: string): string => `veche-visit-${id}`;

/**
 * Keeps the databases of a guest from being swept away, and from being used by two tabs, until the answered function is
 * called. Null: another tab has them, and does not give them up within `waitMs`.
 */
export async function holdVisit(id: string, waitMs: number): Promise<(() => void) | null> {
    return new Promise((held) => {
        const work = () =>
            new Promise<void>((release) => {
                held(release);
            });
        navigator.locks.request(visitLock(id), { signal: AbortSignal.timeout(waitMs) }, work).catch(() => {
            held(null);
        });
    });
}

/** Whether a guest uses these databases in some tab now. */
export async function isVisited(id: string): Promise<boolean> {
    // Where there are no locks there is one page only.
    const { locks } = (globalThis as { navigator?: Partial<Navigator> }).navigator ?? {};
    const held = (await locks?.query())?.held ?? [];
    return held.some(({ name }) => name === visitLock(id));
}

const databasesOf = (id: string): string[] => [
    `${ACCOUNT_PREFIX}${id}`,
    `${CRYPTO_PREFIX}${id}::matrix-sdk-crypto`,
    `${CRYPTO_PREFIX}${id}::matrix-sdk-crypto-meta`,
];

/** Deletes everything that the account keeps here: its vault's keys first, without which the rest cannot be read. */
export async function forgetAccount(id: string): Promise<void> {
    await deleteDatabases(databasesOf(id));
}

/** Keeps the session of one account. Only the tab that leads may use it. */
export class SessionKeeper {
    readonly id: string;
    readonly records: Records;
    readonly #database: Database;
    readonly #vault: Vault;

    private constructor(id: string, database: Database, vault: Vault) {
        this.id = id;
        this.#database = database;
        this.#vault = vault;
        this.records = new Records(database, vault);
    }

    static async open(id: string): Promise<SessionKeeper> {
        const database = await Database.open(`${ACCOUNT_PREFIX}${id}`, DRAWERS);
        return new SessionKeeper(id, database, await Vault.open(database));
    }

    /** What the databases of the end-to-end keys begin with. */
    get cryptoPrefix(): string {
        return `${CRYPTO_PREFIX}${this.id}`;
    }

    /** The session of the last visit, if there is one. */
    async load(): Promise<Session | null> {
        const record = await this.#database.get<Record>(SESSION_DRAWER, RECORD);
        if (!record) return null;
        const { userId, deviceId, baseUrl } = record;
        const [accessToken, storageKey] = await Promise.all([this.#vault.openText(record.accessToken), this.#vault.open(record.storageKey)]);
        return { userId, deviceId, baseUrl, accessToken, storageKey };
    }

    /** Keeps a new session. */
    async begin(signedIn: SignedIn, baseUrl: string): Promise<Session> {
        const storageKey = crypto.getRandomValues(new Uint8Array(STORAGE_KEY_BYTES));
        const session = { ...signedIn, baseUrl, storageKey };
        await this.#save(session);
        return session;
    }

    /** The same device with a new access token, after its old one has expired. */
    async renew(session: Session, accessToken: string): Promise<Session> {
        const renewed = { ...session, accessToken };
        await this.#save(renewed);
        return renewed;
    }

    /** Forgets everything of the account: token, keys, messages, drafts, files. The keeper is of no use afterwards. */
    async forget(): Promise<void> {
        this.#database.close();
        await forgetAccount(this.id);
    }

    close(): void {
        this.#database.close();
    }

    async #save(session: Session): Promise<void> {
        const record: Record = {
            userId: session.userId,
            deviceId: session.deviceId,
            baseUrl: session.baseUrl,
            accessToken: await this.#vault.sealText(session.accessToken),
            storageKey: await this.#vault.seal(session.storageKey),
        };
        await this.#database.put(SESSION_DRAWER, RECORD, record);
    }
}
