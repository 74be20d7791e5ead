/** The journal in words. */
import { type T } from "../../app/context";
import { known } from "../../app/problems";

/** Kinds of things that acts are done to, as the filter offers them. */
export const NOUNS = ["account", "registration_token", "room", "meeting", "guest", "setting", "certificate", "directory", "journal", "server"] as const;

/** What was done; an action without words of its own is told by its name. */
export const actionText = (t: T, action: string): string => known(t, "action", action) ?? action;

/** What something is called, from the words of the journal; what has none is told as it is. */
interface Words {
    name(word: string): string;
    value(word: string): string;
}

export const wordsOf = (t: T): Words => ({
    name: (word) => known(t, "detail", word) ?? word,
    value: (word) => known(t, "value", word) ?? word,
});

/** A value in one line: times as such, what is nested part by part. Pure. */
function written(name: string, value: unknown, words: Words): string {
    if (name.endsWith("_ms") && typeof value === "number") return `${new Date(value).toISOString().slice(0, 16).replace("T", " ")} UTC`;
    if (Array.isArray(value)) return value.length === 0 ? "–" : value.map((part) => written("", part, words)).join(", ");
    if (typeof value === "object" && value !== null) return Object.entries(value).map(([part, of]) => `${words.name(part)}: ${written(part, of, words)}`).join("; ");
    return words.value(typeof value === "string" ? value : JSON.stringify(value));
}

/** The rest of a row, as pairs; what is not there is left out. Pure. */
export function detailOf(detail: unknown, words: Words): readonly (readonly [name: string, value: string])[] {
    if (typeof detail !== "object" || detail === null) return [];
    return Object.entries(detail as Record<string, unknown>)
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value]) => [words.name(name), written(name, value, words)]);
}

/** The first millisecond of a day of the browser's calendar; of the day after it, if `after`. Pure. */
export function dayStart(day: string, after = false): number | null {
    const [year, month, date] = day.split("-").map(Number);
    if (year === undefined || month === undefined || date === undefined) return null;
    return new Date(year, month - 1, date + (after ? 1 : 0)).getTime();
}
