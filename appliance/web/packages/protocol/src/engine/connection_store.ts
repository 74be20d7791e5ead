//! Whether the server can be reached, and what is done when it can be again.

import { ClientEvent, type MatrixClient, SyncState } from "matrix-js-sdk/lib/matrix.js";
import type { Scope } from "../base/scope";
import { Store } from "../base/store";
import type { Outbox } from "../offline/outbox";
import { listen } from "./listen";

/** A sync that fails once is a hiccup; people are told when the next one fails, too. */
const QUIET_MS = 2_000;

export interface ConnectionState {
    /** `connecting`: what is shown may be old; `offline`: it is, and messages wait. */
    readonly state: "connecting" | "online" | "offline";
    /** Since when (ms since 1970). */
    readonly since: number;
}

export class ConnectionStore extends Store<ConnectionState> {
    readonly #client: MatrixClient;
    readonly #scope: Scope;
    readonly #outbox: Outbox;
    #cancelDoubt: (() => void) | null = null;

    constructor(client: MatrixClient, outbox: Outbox, scope: Scope) {
        super({ state: "connecting", since: Date.now() });
        this.#client = client;
        this.#outbox = outbox;
        this.#scope = scope;
        listen(scope, client, ClientEvent.Sync, (state, _, data) => this.#synced(state, data?.fromCache === true));
        if (typeof window === "undefined") return;
        // A request that is on its way may notice much later than the browser.
        const gone = () => {
            this.#lost();
        };
        const again = () => {
            const state = client.getSyncState();
            if (state === SyncState.Syncing) this.#synced(state, false);
            else client.retryImmediately();
        };
        window.addEventListener("offline", gone);
        window.addEventListener("online", again);
        scope.add(() => {
            window.removeEventListener("offline", gone);
            window.removeEventListener("online", again);
        });
    }

    /** Tries now instead of waiting for the next turn. */
    retry(): void {
        this.#client.retryImmediately();
    }

    #synced(state: SyncState, fromCache: boolean): void {
        switch (state) {
            case SyncState.Prepared:
            case SyncState.Syncing:
                if (fromCache) return;
                this.#doubtless();
                this.#set("online");
                this.#outbox.connected(true);
                return;
            case SyncState.Error:
            case SyncState.Reconnecting:
                this.#lost();
                return;
            case SyncState.Catchup:
            case SyncState.Stopped:
                return;
        }
    }

    #lost(): void {
        this.#outbox.connected(false);
        this.#cancelDoubt ??= this.#scope.later(QUIET_MS, () => this.#set("offline"));
    }

    #doubtless(): void {
        this.#cancelDoubt?.();
        this.#cancelDoubt = null;
    }

    #set(state: ConnectionState["state"]): void {
        if (this.getSnapshot().state !== state) this.publish({ state, since: Date.now() });
    }
}
