import { expect, test } from "vitest";
import { month } from "./month";

const DAY_MS = 86_400_000;

test("a month has thirty days, today last, whatever is known of them", () => {
    const days = month([{ at_ms: 98 * DAY_MS, messages: 5, people: 2 }, { at_ms: 100 * DAY_MS, messages: 7, people: 3 }], 100 * DAY_MS + 5_000);
    expect(days).toHaveLength(30);
    expect(days[0]?.at_ms).toBe(71 * DAY_MS);
    expect(days.slice(-3).map((day) => day.messages)).toEqual([5, 0, 7]);
});
