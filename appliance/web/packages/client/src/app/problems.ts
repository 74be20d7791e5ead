/** Problems in words: what happened and what to do. */
import { type ProblemCode, problemOf } from "@veche/protocol";
import type { T } from "./context";

/** The sentence for a problem. */
export function problemText(t: T, code: ProblemCode, retryAfterMs: number | null = null): string {
    if (code === "tooManyRequests" && retryAfterMs !== null) {
        return t("problem.tooManyRequestsFor", { count: Math.max(1, Math.ceil(retryAfterMs / 1000)) });
    }
    return t(`problem.${code}`);
}

/** The sentence for whatever was thrown. */
export function thrownText(t: T, thrown: unknown): string {
    const { code, retryAfterMs, detail } = problemOf(thrown);
    const text = problemText(t, code, retryAfterMs);
    return code === "unknown" && detail !== null ? `${text} (${detail})` : text;
}
