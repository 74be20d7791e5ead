//! Whether this device can read and write encrypted messages, and the way there: set-up at the first sign-in, recovery later.

import { type MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import {
    CryptoEvent,
    type CryptoApi,
    type CryptoCallbacks,
    type GeneratedSecretStorageKey,
    ImportRoomKeyStage,
    decodeRecoveryKey,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import type { SecretStorageKeyDescription } from "matrix-js-sdk/lib/secret-storage.js";
import { coalesced } from "../base/coalesce";
import { hasErrcode } from "../base/errcode";
import { Problem, type ProblemCode, problemOf } from "../base/problem";
import type { Scope } from "../base/scope";
import { Store } from "../base/store";
import { listen } from "../engine/listen";

const LOOK_DELAY_MS = 300;

/** How much stands between this device and encrypted history. */
export type EncryptionNeed =
    /** Not known yet. */
    | "checking"
    /** The account has no keys of its own: they are made now, and the user keeps the recovery key. */
    | "setup"
    /** The account's keys exist and this device has none of them: recovery key, or another device. */
    | "recover"
    /** This device is vouched for, but nothing keeps the keys of its messages if it is lost. */
    | "backup"
    | "nothing";

export interface EncryptionState {
    readonly need: EncryptionNeed;
    /** This device is signed by its owner. */
    readonly verified: boolean;
    readonly backupVersion: string | null;
    /** Message keys that are still to be copied to the backup. */
    readonly keysToBackUp: number;
    /** Other devices of mine that could verify this one. */
    readonly otherDevices: number;
    /** What a recovery is doing. */
    readonly restoring: { readonly done: number; readonly total: number } | null;
    readonly problem: ProblemCode | null;
}

const UNKNOWN: EncryptionState = {
    need: "checking",
    verified: false,
    backupVersion: null,
    keysToBackUp: 0,
    otherDevices: 0,
    restoring: null,
    problem: null,
};

/** Hands the SDK the key of secret storage for as long as an operation needs it. */
export class SecretKeys {
    #held: { readonly keyId: string | null; readonly key: Uint8Array<ArrayBuffer> } | null = null;

    readonly callbacks: CryptoCallbacks = {
        getSecretStorageKey: ({ keys }) => {
            const held = this.#held;
            if (!held) return Promise.resolve(null);
            const keyId = held.keyId ?? Object.keys(keys)[0];
            return Promise.resolve(keyId !== undefined && keyId in keys ? [keyId, held.key] : null);
        },
        cacheSecretStorageKey: (keyId, _, key) => {
            if (this.#held) this.#held = { keyId, key };
        },
    };

    /** Runs `work` while the SDK may ask for this key. */
    async during<T>(keyId: string | null, key: Uint8Array<ArrayBuffer>, work: () => Promise<T>): Promise<T> {
        this.#held = { keyId, key };
        try {
            return await work();
        } finally {
            this.#held = null;
        }
    }
}

/** The key a user typed; throws a problem that says what is wrong with it. */
export function readRecoveryKey(typed: string): Uint8Array<ArrayBuffer> {
    try {
        return decodeRecoveryKey(typed.trim());
    } catch (error) {
        throw new Problem("recoveryKeyInvalid", { cause: error });
    }
}

export class EncryptionStore extends Store<EncryptionState> {
    readonly #client: MatrixClient;
    readonly #crypto: CryptoApi;
    readonly #secrets: SecretKeys;
    readonly #look = coalesced(LOOK_DELAY_MS, () => void this.look());
    #looked: Promise<void> = Promise.resolve();
    #working = 0;

    constructor(client: MatrixClient, crypto: CryptoApi, secrets: SecretKeys, scope: Scope) {
        super(UNKNOWN);
        this.#client = client;
        this.#crypto = crypto;
        this.#secrets = secrets;
        listen(scope, client, CryptoEvent.KeysChanged, this.#look);
        listen(scope, client, CryptoEvent.UserTrustStatusChanged, this.#look);
        listen(scope, client, CryptoEvent.KeyBackupStatus, this.#look);
        listen(scope, client, CryptoEvent.KeyBackupDecryptionKeyCached, this.#look);
        listen(scope, client, CryptoEvent.DevicesUpdated, (users) => {
            if (users.includes(client.getSafeUserId())) this.#look();
        });
        listen(scope, client, CryptoEvent.KeyBackupSessionsRemaining, (keysToBackUp) =>
            this.publish({ ...this.getSnapshot(), keysToBackUp }),
        );
        scope.add(() => this.#look.cancel());
    }

    /**
     * Finds out how things stand. Called after the first sync, and whenever the SDK says that something changed. When it
     * resolves, what it found, or what a later call found, is in the snapshot.
     */
    look(): Promise<void> {
        // Asking the server for the account's keys while new ones wait for the password brings the old ones back, and the
        // SDK then throws the new ones away. Work that ends looks.
        if (this.#working > 0) return Promise.resolve();
        const looked = this.#lookOnce(() => this.#looked === looked);
        this.#looked = looked;
        return looked;
    }

    async #lookOnce(isLast: () => boolean): Promise<void> {
        let found: Partial<EncryptionState>;
        try {
            found = { ...(await this.#found()), problem: null };
        } catch (error) {
            found = { problem: problemOf(error).code };
        }
        if (isLast()) this.publish({ ...this.getSnapshot(), ...found });
        // Whoever waits is not to go on with what held before.
        else await this.#looked;
    }

    /** A new recovery key; nothing is changed before `setUp` is called with it. */
    newRecoveryKey(): Promise<GeneratedSecretStorageKey> {
        return this.#crypto.createRecoveryKeyFromPassphrase();
    }

    /**
     * Makes the account's keys, their safe on the server and the backup of message keys, all closed with this recovery
     * key. Asks `password` for the password if the server wants it.
     */
    async setUp(key: GeneratedSecretStorageKey, password: () => Promise<string>): Promise<void> {
        await this.#attempt(() =>
            this.#secrets.during(null, key.privateKey, async () => {
                const hasKeys = await this.#crypto.isCrossSigningReady();
                if (!hasKeys) await this.#crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: this.#authenticate(password) });
                await this.#makeSafe(key);
            }),
        );
    }

    /** Makes this device one of the user's own with the recovery key, and fetches the keys of old messages. */
    async recover(typed: string): Promise<void> {
        const key = readRecoveryKey(typed);
        await this.#attempt(async () => {
            const [keyId, info] = await this.#secretKey();
            if (!(await this.#client.secretStorage.checkKey(key, info))) throw new Problem("recoveryKeyWrong");
            await this.#secrets.during(keyId, key, async () => {
                await this.#crypto.bootstrapCrossSigning({});
                const backup = await this.#crypto.getKeyBackupInfo();
                if (backup) await this.#crypto.loadSessionBackupPrivateKeyFromSecretStorage();
                await this.#crypto.checkKeyBackupAndEnable();
            });
        });
        await this.restore();
    }

    /** Fetches all message keys from the backup. */
    async restore(): Promise<void> {
        if ((await this.#crypto.getSessionBackupPrivateKey()) === null) return;
        this.publish({ ...this.getSnapshot(), restoring: { done: 0, total: 0 } });
        try {
            await this.#crypto.restoreKeyBackup({
                progressCallback: (progress) => {
                    if (progress.stage !== ImportRoomKeyStage.LoadKeys) return;
                    const restoring = { done: progress.successes + progress.failures, total: progress.total };
                    this.publish({ ...this.getSnapshot(), restoring });
                },
            });
        } catch (error) {
            // Each message that needs a key asks for it again later.
            this.publish({ ...this.getSnapshot(), problem: problemOf(error).code });
        } finally {
            this.publish({ ...this.getSnapshot(), restoring: null });
        }
    }

    /** Gives the old keys up and makes new ones: nobody can open the old backup any more, and others see a new identity. */
    async reset(key: GeneratedSecretStorageKey, password: () => Promise<string>): Promise<void> {
        await this.#attempt(async () => {
            await this.#crypto.resetEncryption(this.#authenticate(password));
            await this.#secrets.during(null, key.privateKey, () => this.#makeSafe(key));
        });
    }

    /** Puts the account's keys into a new safe on the server, with a backup of message keys beside it. */
    async #makeSafe(key: GeneratedSecretStorageKey): Promise<void> {
        const backup = await this.#crypto.getKeyBackupInfo();
        await this.#crypto.bootstrapSecretStorage({
            createSecretStorageKey: () => Promise.resolve(key),
            setupNewSecretStorage: true,
            // The private key of an existing backup is on this device only if it was made or opened here.
            setupNewKeyBackup: backup === null || (await this.#crypto.getSessionBackupPrivateKey()) === null,
        });
        await this.#crypto.checkKeyBackupAndEnable();
    }

    /** Another recovery key for the same keys, where the old one was lost or seen. */
    async changeRecoveryKey(key: GeneratedSecretStorageKey): Promise<void> {
        await this.#attempt(() =>
            this.#secrets.during(null, key.privateKey, () =>
                this.#crypto.bootstrapSecretStorage({
                    createSecretStorageKey: () => Promise.resolve(key),
                    setupNewSecretStorage: true,
                    setupNewKeyBackup: false,
                }),
            ),
        );
    }

    async #attempt(work: () => Promise<void>): Promise<void> {
        this.#working += 1;
        try {
            await work();
        } catch (error) {
            throw problemOf(error);
        } finally {
            this.#working -= 1;
            await this.look();
        }
    }

    #authenticate(password: () => Promise<string>) {
        const userId = this.#client.getSafeUserId();
        return async (request: (auth: { type: string; [field: string]: unknown } | null) => Promise<void>): Promise<void> => {
            let session: unknown;
            try {
                await request(null);
                return;
            } catch (error) {
                // The server wants to see that the user is there (401 with a session).
                session = (error as { httpStatus?: number; data?: { session?: unknown } }).data?.session;
                if ((error as { httpStatus?: number }).httpStatus !== 401 || session === undefined) throw error;
            }
            const identifier = { type: "m.id.user", user: userId };
            try {
                await request({ type: "m.login.password", identifier, password: await password(), session });
            } catch (error) {
                if (hasErrcode(error, "M_FORBIDDEN") || (error as { httpStatus?: number }).httpStatus === 401) {
                    throw new Problem("wrongPassword", { cause: error });
                }
                throw error;
            }
        };
    }

    async #secretKey(): Promise<[string, SecretStorageKeyDescription]> {
        const found = await this.#client.secretStorage.getKey();
        if (!found) throw new Problem("notFound", { detail: "This account has no recovery key" });
        return found;
    }

    async #found(): Promise<Pick<EncryptionState, "need" | "verified" | "backupVersion" | "otherDevices">> {
        const crypto = this.#crypto;
        const me = this.#client.getSafeUserId();
        const hasKeys = await crypto.userHasCrossSigningKeys(me, true);
        const device = await crypto.getDeviceVerificationStatus(me, this.#client.getDeviceId() ?? "");
        const verified = device?.crossSigningVerified === true;
        const backupVersion = await crypto.getActiveSessionBackupVersion();
        const devices = (await crypto.getUserDeviceInfo([me], true)).get(me);
        let otherDevices = 0;
        for (const [id, info] of devices ?? []) {
            if (id !== this.#client.getDeviceId() && !info.dehydrated && (await vouchedFor(crypto, me, id))) otherDevices += 1;
        }
        const has = { verified, backupVersion, otherDevices };
        return { ...has, need: hasKeys ? await this.#need(verified, backupVersion) : "setup" };
    }

    async #need(verified: boolean, backupVersion: string | null): Promise<EncryptionNeed> {
        if (!verified || !(await this.#crypto.isCrossSigningReady())) return "recover";
        // There is a backup, and its key is in the safe or on its way from another device.
        if (backupVersion === null && (await this.#crypto.getKeyBackupInfo()) !== null) return "recover";
        return backupVersion !== null && (await this.#crypto.isSecretStorageReady()) ? "nothing" : "backup";
    }
}

async function vouchedFor(crypto: CryptoApi, userId: string, deviceId: string): Promise<boolean> {
    return (await crypto.getDeviceVerificationStatus(userId, deviceId))?.signedByOwner === true;
}
