//! What went wrong, as a code that people can be told about in their language. No library's error passes this file.

export type ProblemCode =
    | "offline"
    | "timeout"
    | "wrongPassword"
    | "ownPasswordWrong"
    | "codeNeeded"
    | "codeWrong"
    | "codeUsed"
    | "passkeyNeeded"
    | "passkeyRefused"
    | "passkeyNotShown"
    | "passkeyKnown"
    | "passkeyFailed"
    | "passkeysNeedAName"
    | "tooManyRequests"
    | "forbidden"
    | "nameTaken"
    | "nameInvalid"
    | "passwordWeak"
    | "registrationClosed"
    | "registrationToken"
    | "tooLarge"
    | "tooLargeToWait"
    | "tooMuchWaits"
    | "fileLost"
    | "quota"
    | "notFound"
    | "locked"
    | "suspended"
    | "deactivated"
    | "sessionExpired"
    | "sessionEnded"
    | "recoveryKeyInvalid"
    | "recoveryKeyWrong"
    | "storage"
    | "cancelled"
    | "unreadable"
    | "server"
    | "unknown";

/** An error for people. `detail` is the server's own sentence, for those who help them. */
export class Problem extends Error {
    readonly code: ProblemCode;
    readonly retryAfterMs: number | null;
    readonly detail: string | null;

    constructor(code: ProblemCode, more: { retryAfterMs?: number | null; detail?: string | null; cause?: unknown } = {}) {
        super(more.detail ?? code, { cause: more.cause });
        this.name = "Problem";
        this.code = code;
        this.retryAfterMs = more.retryAfterMs ?? null;
        this.detail = more.detail ?? null;
    }
}

const BY_ERRCODE: Readonly<Record<string, ProblemCode>> = {
    M_FORBIDDEN: "forbidden",
    M_LIMIT_EXCEEDED: "tooManyRequests",
    M_USER_IN_USE: "nameTaken",
    M_INVALID_USERNAME: "nameInvalid",
    M_WEAK_PASSWORD: "passwordWeak",
    M_TOO_LARGE: "tooLarge",
    M_RESOURCE_LIMIT_EXCEEDED: "quota",
    M_NOT_FOUND: "notFound",
    M_USER_LOCKED: "locked",
    M_USER_SUSPENDED: "suspended",
    M_USER_DEACTIVATED: "deactivated",
    M_UNKNOWN_TOKEN: "sessionEnded",
    M_MISSING_TOKEN: "sessionEnded",
};

/** Of those who show more than a password: a code that is typed behind it, or a passkey in its place. */
const BY_REASON: Readonly<Record<string, ProblemCode>> = {
    code_needed: "codeNeeded",
    wrong_code: "codeWrong",
    code_used: "codeUsed",
    passkey_needed: "passkeyNeeded",
    passkey_refused: "passkeyRefused",
    passkeys_need_a_name: "passkeysNeedAName",
};

interface ErrorLike {
    name?: unknown;
    message?: unknown;
    errcode?: unknown;
    httpStatus?: unknown;
    data?: { error?: unknown; reason?: unknown; retry_after_ms?: unknown; soft_logout?: unknown };
}

function byStatus(status: number): ProblemCode {
    if (status === 404) return "notFound";
    if (status === 413) return "tooLarge";
    if (status === 429) return "tooManyRequests";
    if (status === 403) return "forbidden";
    return status >= 500 ? "server" : "unknown";
}

function codeOf(error: ErrorLike): ProblemCode {
    if (error.errcode === "M_UNKNOWN_TOKEN" && error.data?.soft_logout === true) return "sessionExpired";
    const reason = error.data?.reason;
    if (typeof reason === "string" && Object.hasOwn(BY_REASON, reason)) return BY_REASON[reason] ?? "unknown";
    if (typeof error.errcode === "string" && Object.hasOwn(BY_ERRCODE, error.errcode)) {
        return BY_ERRCODE[error.errcode] ?? "unknown";
    }
    if (error.name === "AbortError") return "cancelled";
    if (error.name === "TimeoutError") return "timeout";
    if (error.name === "ConnectionError") return "offline";
    if (error.name === "QuotaExceededError") return "storage";
    if (typeof error.httpStatus === "number") return byStatus(error.httpStatus);
    return "unknown";
}

/** The problem behind whatever was thrown. */
export function problemOf(thrown: unknown): Problem {
    if (thrown instanceof Problem) return thrown;
    // `fetch` says nothing but this when there is no network.
    if (thrown instanceof TypeError && /fetch|network|load failed/i.test(thrown.message)) {
        return new Problem("offline", { cause: thrown });
    }
    if (typeof thrown !== "object" || thrown === null) return new Problem("unknown", { detail: String(thrown) });
    const error = thrown as ErrorLike;
    const retry = error.data?.retry_after_ms;
    const said = error.data?.error ?? error.message;
    return new Problem(codeOf(error), {
        retryAfterMs: typeof retry === "number" ? retry : null,
        detail: typeof said === "string" ? said : null,
        cause: thrown,
    });
}
