/** Refusals and problems in words: what happened, and what to do. */
import { problemOf } from "@veche/protocol";
import { Refused } from "../api/api";
import { codeTrouble } from "../session/session_store";
import { en } from "../i18n/en";
import type { T } from "./context";

/** The text of this key, if there is one; for words that the server chooses. */
export function known(t: T, prefix: string, word: string): string | null {
    const key = `${prefix}.${word}`;
    return Object.hasOwn(en, key) ? (t as (key: string) => string)(key) : null;
}

/** The sentence for whatever was thrown. Where there are no words for it, the server's own follow. */
export function thrownText(t: T, thrown: unknown): string {
    const trouble = codeTrouble(thrown);
    if (trouble !== null) return t(`refused.${trouble}`);
    if (thrown instanceof Refused && thrown.reason !== undefined) {
        const words = known(t, "refused", thrown.reason);
        if (words !== null) return words;
    }
    const { code, retryAfterMs, detail } = problemOf(thrown);
    if (code === "tooManyRequests" && retryAfterMs !== null) {
        return t("problem.tooManyRequestsFor", { count: Math.max(1, Math.ceil(retryAfterMs / 1_000)) });
    }
    const words = known(t, "problem", code) ?? t("problem.unknown");
    return (code === "unknown" || words === t("problem.unknown")) && detail !== null ? `${words} (${detail})` : words;
}
