//! Calls of this session: whether the server has them, which are going on, which one rings, and the one I am in.
//! The call itself, with everything that moves sound and pictures, is loaded when somebody joins one.

import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import { isLivekitTransportConfig } from "matrix-js-sdk/lib/matrixrtc/LivekitTransport.js";
import { Problem } from "../base/problem";
import type { Scope } from "../base/scope";
import { Cell, type Store } from "../base/store";
import type { CallIntent } from "./events";
import type { Call } from "./live/call";
import { RingingStore } from "./ringing";
import { RoomCallsStore } from "./sessions";

/** How somebody joins. Devices are named by the browser; null: its own choice. */
export interface CallWish {
    readonly intent: CallIntent;
    readonly microphone: boolean;
    readonly camera: boolean;
    /** The camera blurs what is behind whoever is before it. */
    readonly blur: boolean;
    readonly devices: { readonly audioinput: string | null; readonly videoinput: string | null; readonly audiooutput: string | null };
}

/** In rooms of more people a call is told of and does not ring. */
const RINGING_PEOPLE_MAX = 5;

export class Calls {
    /** Whether this server has calls; null: not known yet. */
    readonly available: Store<boolean | null>;
    /** Those going on, by room. */
    readonly going: RoomCallsStore;
    readonly ringing: RingingStore;
    /** The one this page is in. */
    readonly current: Store<Call | null>;
    readonly #client: MatrixClient;
    readonly #available = new Cell<boolean | null>(null);
    readonly #current = new Cell<Call | null>(null);

    constructor(client: MatrixClient, scope: Scope) {
        this.#client = client;
        this.available = this.#available;
        this.current = this.#current;
        this.going = new RoomCallsStore(client, scope);
        this.ringing = new RingingStore(client, this.going, scope);
    }

    opened(): void {
        this.going.opened();
        void this.look();
    }

    /** Asks the server whether it has calls, unless it has answered. */
    async look(): Promise<void> {
        if (this.#available.getSnapshot() !== null) return;
        try {
            const transports = await this.#client._unstable_getRTCTransports();
            this.#available.set(transports.some(isLivekitTransportConfig));
        } catch (error) {
            // A server without this endpoint has no calls; one that cannot be reached is asked again.
            const { httpStatus } = error as { httpStatus?: unknown };
            if (httpStatus === 404 || httpStatus === 400) this.#available.set(false);
        }
    }

    /** Loads what a call is made of, so that joining does not wait for it. */
    async prepare(): Promise<void> {
        await import("./live/call");
    }

    /** Joins the call of a room, or begins it; the one before ends. */
    async join(roomId: string, wish: CallWish): Promise<Call> {
        const room = this.#client.getRoom(roomId);
        if (!room) throw new Problem("notFound");
        this.ringing.answered(roomId);
        await this.leave();
        const { Call } = await import("./live/call");
        const rings = room.getInvitedAndJoinedMemberCount() <= RINGING_PEOPLE_MAX;
        const call = new Call({ client: this.#client, room, session: this.going.session(room), wish, notification: rings ? "ring" : "notification" });
        this.#current.set(call);
        void call.begin();
        return call;
    }

    /** Leaves the call this page is in, or puts away what is left of one that has ended. */
    async leave(): Promise<void> {
        const call = this.#current.getSnapshot();
        if (!call) return;
        this.#current.set(null);
        await call.leave();
    }
}
