//! What the room is told of this page's part in its call: that it is there for as long as it is, and no longer.

import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import type { LivekitTransport } from "matrix-js-sdk/lib/matrixrtc/LivekitTransport.js";
import { type JoinSessionConfig, type MatrixRTCSession, MatrixRTCSessionEvent } from "matrix-js-sdk/lib/matrixrtc/MatrixRTCSession.js";
import type { Scope } from "../../base/scope";
import { quietLogger } from "../../engine/logger";
import { type CallProblem, joinProblem } from "./problems";

/** How long those who were called are rung. */
const RING_MS = 45_000;
/** The server tells the room that somebody has left who is not heard of for so long: a short cut of the network is no farewell. */
const SILENCE_MS_MAX = 20_000;
const RETRY_MS = 1_000;
const RETRIES_MAX = 60;
/** The SDK gives up on answers it did not expect; then it begins anew, this often in a row. */
const REJOINS_MAX = 5;
const REJOIN_MS = 1_500;
/** Who has stayed for so long has joined. */
const STAYED_MS = 60_000;

interface AnnouncementParts {
    readonly client: MatrixClient;
    readonly session: MatrixRTCSession;
    readonly scope: Scope;
    readonly transport: LivekitTransport;
    readonly config: Pick<JoinSessionConfig, "notificationType" | "callIntent" | "manageMediaKeys">;
    /** By user and device. */
    readonly identity: string;
    readonly failed: (problem: CallProblem) => void;
}

export class Announcement {
    readonly #parts: AnnouncementParts;
    #rejoins = 0;
    #failedTs = 0;

    /** Tells the room, and sends keys to those who are in the call already. */
    constructor(parts: AnnouncementParts) {
        this.#parts = parts;
        const { session, scope, config } = parts;
        const failed = (error: unknown) => {
            this.#failed(error);
        };
        session.on(MatrixRTCSessionEvent.MembershipManagerError, failed);
        scope.add(() => session.off(MatrixRTCSessionEvent.MembershipManagerError, failed));
        const closing = () => {
            this.#leaveAtOnce();
        };
        window.addEventListener("pagehide", closing);
        scope.add(() => {
            window.removeEventListener("pagehide", closing);
        });
        this.#join(config.notificationType);
    }

    #join(notificationType: JoinSessionConfig["notificationType"]): void {
        const { client, session, transport, config, identity } = this.#parts;
        const [userId, deviceId] = [client.getSafeUserId(), client.getDeviceId() ?? ""];
        session.joinRTCSession({ userId, deviceId, memberId: identity }, [transport], transport, {
            ...config,
            notificationType,
            notificationLifetimeMs: RING_MS,
            delayedLeaveEventDelayMs: SILENCE_MS_MAX,
            networkErrorRetryMs: RETRY_MS,
            maximumNetworkErrorRetryCount: RETRIES_MAX,
        });
    }

    #failed(error: unknown): void {
        const { session, scope, failed } = this.#parts;
        quietLogger.warn("the room could not be told of the call", error);
        const now = Date.now();
        if (now - this.#failedTs > STAYED_MS) this.#rejoins = 0;
        this.#failedTs = now;
        const problem = joinProblem(error);
        if (problem === "notAllowed" || this.#rejoins >= REJOINS_MAX) {
            failed(problem);
            return;
        }
        this.#rejoins += 1;
        void session.leaveRoomSession().catch(() => false);
        // Nobody is rung a second time.
        scope.later(REJOIN_MS, () => {
            this.#join(undefined);
        });
    }

    /** A page that is closed has no time to wait for answers: it lets the server say now what it would say later. */
    #leaveAtOnce(): void {
        const { client, session } = this.#parts;
        const { delayId } = session;
        if (delayId === undefined) return;
        const url = `${client.baseUrl}/_matrix/client/unstable/org.matrix.msc4140/delayed_events/${encodeURIComponent(delayId)}/send`;
        const headers = { "Authorization": `Bearer ${client.getAccessToken() ?? ""}`, "Content-Type": "application/json" };
        void fetch(url, { method: "POST", headers, body: "{}", keepalive: true }).catch(() => undefined);
    }
}
