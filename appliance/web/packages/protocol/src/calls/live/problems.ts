//! What keeps somebody from a call as a code that people can be told about.

import { ConnectionError, ConnectionErrorReason, DeviceUnsupportedError, DisconnectReason } from "livekit-client";
import { problemOf } from "../../base/problem";

/** Why a call could not be joined, or has ended. */
export type CallProblem =
    /** The server is at its limit. */
    | "full"
    | "notAllowed"
    | "offline"
    /** The server answers, but sound and pictures do not get through. */
    | "blocked"
    | "lost"
    | "removed"
    /** Joined again with the same device, in another tab. */
    | "elsewhere"
    | "serverEnds"
    | "unsupported"
    | "unknown";

const FULL_STATUS = new Set([429, 503]);

const BY_REASON: Partial<Record<DisconnectReason, CallProblem>> = {
    [DisconnectReason.DUPLICATE_IDENTITY]: "elsewhere",
    [DisconnectReason.PARTICIPANT_REMOVED]: "removed",
    [DisconnectReason.ROOM_DELETED]: "removed",
    [DisconnectReason.SERVER_SHUTDOWN]: "serverEnds",
};

export function joinProblem(thrown: unknown): CallProblem {
    if (thrown instanceof DeviceUnsupportedError) return "unsupported";
    if (thrown instanceof ConnectionError) {
        const { status } = thrown as { status?: number };
        if (status !== undefined && FULL_STATUS.has(status)) return "full";
        if (thrown.reason === ConnectionErrorReason.NotAllowed) return "notAllowed";
        if (thrown.reason === ConnectionErrorReason.ServerUnreachable || thrown.reason === ConnectionErrorReason.WebSocket) return "offline";
        // Signaling has told everything there is to tell by now.
        return "blocked";
    }
    const { httpStatus } = (thrown ?? {}) as { httpStatus?: unknown };
    if (typeof httpStatus === "number" && FULL_STATUS.has(httpStatus)) return "full";
    const { code } = problemOf(thrown);
    if (code === "quota") return "full";
    if (code === "forbidden" || code === "suspended") return "notAllowed";
    return code === "offline" || code === "timeout" ? "offline" : "unknown";
}

/** Why a connection that stood is gone; null: I have left. */
export function endProblem(reason: DisconnectReason | undefined): CallProblem | null {
    if (reason === DisconnectReason.CLIENT_INITIATED) return null;
    return (reason === undefined ? undefined : BY_REASON[reason]) ?? "lost";
}
