//! Where the account is signed in.

import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import type { CryptoApi } from "matrix-js-sdk/lib/crypto-api/index.js";
import { hasErrcode } from "../base/errcode";
import { Problem, type ProblemCode, problemOf } from "../base/problem";
import { Store } from "../base/store";

export interface DeviceEntry {
    readonly id: string;
    readonly name: string | null;
    readonly current: boolean;
    /** Signed by its owner; null: it has no keys, so that it cannot read encrypted messages. */
    readonly verified: boolean | null;
    readonly lastSeenTs: number | null;
    readonly lastSeenIp: string | null;
}

export interface DevicesState {
    readonly phase: "loading" | "ready" | "failed";
    readonly problem: ProblemCode | null;
    readonly devices: readonly DeviceEntry[];
}

export class DevicesStore extends Store<DevicesState> {
    readonly #client: MatrixClient;
    readonly #crypto: CryptoApi;

    constructor(client: MatrixClient, crypto: CryptoApi) {
        super({ phase: "loading", problem: null, devices: [] });
        this.#client = client;
        this.#crypto = crypto;
    }

    protected override watched(): void {
        void this.load();
    }

    async load(): Promise<void> {
        try {
            const me = this.#client.getSafeUserId();
            const { devices } = await this.#client.getDevices();
            const known = (await this.#crypto.getUserDeviceInfo([me], true)).get(me);
            const entries: DeviceEntry[] = [];
            for (const device of devices) {
                const info = known?.get(device.device_id);
                // A dehydrated device receives keys while nobody is signed in; it is no session.
                if (info?.dehydrated) continue;
                const status = info && (await this.#crypto.getDeviceVerificationStatus(me, device.device_id));
                entries.push({
                    id: device.device_id,
                    name: device.display_name ?? null,
                    current: device.device_id === this.#client.getDeviceId(),
                    verified: info ? status?.signedByOwner === true : null,
                    lastSeenTs: device.last_seen_ts ?? null,
                    lastSeenIp: device.last_seen_ip ?? null,
                });
            }
            entries.sort((a, b) => Number(b.current) - Number(a.current) || (b.lastSeenTs ?? 0) - (a.lastSeenTs ?? 0));
            this.publish({ phase: "ready", problem: null, devices: entries });
        } catch (error) {
            this.publish({ ...this.getSnapshot(), phase: "failed", problem: problemOf(error).code });
        }
    }

    async rename(deviceId: string, name: string): Promise<void> {
        try {
            await this.#client.setDeviceDetails(deviceId, { display_name: name.trim() });
        } catch (error) {
            throw problemOf(error);
        }
        await this.load();
    }

    /** Signs other sessions out; the server wants the password for it. */
    async signOut(deviceIds: readonly string[], password: string): Promise<void> {
        const ids = [...deviceIds];
        try {
            await this.#client.deleteMultipleDevices(ids);
        } catch (error) {
            const { httpStatus, data } = error as { httpStatus?: number; data?: { session?: string } };
            if (httpStatus !== 401 || data?.session === undefined) throw problemOf(error);
            await this.#withPassword(ids, data.session, password);
        }
        await this.load();
    }

    async #withPassword(ids: string[], session: string, password: string): Promise<void> {
        const identifier = { type: "m.id.user", user: this.#client.getSafeUserId() };
        try {
            await this.#client.deleteMultipleDevices(ids, { type: "m.login.password", identifier, password, session });
        } catch (error) {
            const refused = hasErrcode(error, "M_FORBIDDEN") || (error as { httpStatus?: number }).httpStatus === 401;
            throw refused ? new Problem("wrongPassword", { cause: error }) : problemOf(error);
        }
    }
}
