/** The days of the charts. */
import type { Schemas } from "../../api/api";

type Day = Schemas["Day"];

const DAYS = 30;
const DAY_MS = 86_400_000;

/** A moment that is on this day wherever somebody looks from: the server counts from midnight to midnight in UTC. Pure. */
export const dayOf = (day: Day): number => day.at_ms + DAY_MS / 2;

/** The last thirty days, the oldest first, with nothing on those of which nothing is known. Pure. */
export function month(days: readonly Day[], nowMs: number): readonly Day[] {
    const known = new Map(days.map((day) => [Math.floor(day.at_ms / DAY_MS), day]));
    const today = Math.floor(nowMs / DAY_MS);
    return Array.from({ length: DAYS }, (_, index) => {
        const day = today - DAYS + 1 + index;
        return known.get(day) ?? { at_ms: day * DAY_MS, messages: 0, people: 0 };
    });
}
