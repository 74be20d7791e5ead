/** What narrows a search, as it is chosen from lists. */
import type { DocKind, SearchQuery } from "@veche/protocol/engine";

const DAY_MS = 24 * 60 * 60 * 1000;

/** How far back, in days; `any`: as far as there is something. */
export const PERIODS = ["any", "1", "7", "30", "365"] as const;
type Period = (typeof PERIODS)[number];

export const KINDS = ["text", "picture", "file", "voice", "poll"] as const satisfies readonly DocKind[];

export interface Narrowing {
    readonly roomId: string | null;
    readonly sender: string | null;
    readonly kind: DocKind | null;
    readonly period: Period;
}

export const NOT_NARROWED: Narrowing = { roomId: null, sender: null, kind: null, period: "any" };

export function queryOf(text: string, { roomId, sender, kind, period }: Narrowing, nowMs: number): SearchQuery {
    // A room alone is no question: it would be the room once more.
    const asks = text.trim() !== "" || sender !== null || kind !== null || period !== "any";
    if (!asks) return { text: "" };
    return { text, roomId, sender, kind, sinceMs: period === "any" ? null : nowMs - Number(period) * DAY_MS };
}
