import { expect, test } from "vitest";
import { dayOf, month } from "./month";

const DAY_MS = 86_400_000;

test("a month has thirty days, today last, whatever is known of them", () => {
    const days = month([{ at_ms: 98 * DAY_MS, messages: 5, people: 2 }, { at_ms: 100 * DAY_MS, messages: 7, people: 3 }], 100 * DAY_MS + 5_000);
    expect(days).toHaveLength(30);
    expect(days[0]?.at_ms).toBe(71 * DAY_MS);
    expect(days.slice(-3).map((day) => day.messages)).toEqual([5, 0, 7]);
});

test("the first day of a server is one bar at the right, with nothing before it", () => {
    const days = month([{ at_ms: 100 * DAY_MS, messages: 7, people: 3 }], 101 * DAY_MS - 1);
    expect(days.map((day) => day.messages)).toEqual([...new Array<number>(29).fill(0), 7]);
    expect(days.map((day) => day.at_ms / DAY_MS)).toEqual(Array.from({ length: 30 }, (_, index) => 71 + index));
    expect(month([], 100 * DAY_MS).every((day) => day.messages === 0 && day.people === 0)).toBe(true);
});

test("what is older than the month, or not yet, is left out", () => {
    const days = month([{ at_ms: 70 * DAY_MS, messages: 1, people: 1 }, { at_ms: 101 * DAY_MS, messages: 1, people: 1 }], 100 * DAY_MS);
    expect(days.reduce((sum, day) => sum + day.messages, 0)).toBe(0);
});

test.each(["America/Los_Angeles", "UTC", "Europe/Moscow", "Asia/Tokyo"])("a day has the same date in %s", (timeZone) => {
    const day = { at_ms: Date.UTC(2026, 2, 5), messages: 0, people: 0 };
    expect(new Intl.DateTimeFormat("en-CA", { timeZone }).format(dayOf(day))).toBe("2026-03-05");
});
