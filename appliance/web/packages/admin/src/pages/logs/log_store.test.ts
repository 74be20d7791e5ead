import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Api } from "../../api/api";
import { LINES_MAX, type LogLine, LogStore } from "./log_store";

const line = (number: number): LogLine => ({ number, at_ms: 0, level: "info", target: "t", message: `line ${number}`, fields: {} });

/** A log that grows, and what was asked of it. */
function log() {
    const state = { lines: [line(1), line(2)], fails: false };
    const asked: Record<string, unknown>[] = [];
    const get = (_: string, { query }: { query: Record<string, unknown> }) => {
        asked.push(query);
        const after = (query["after"] as number | null) ?? 0;
        return state.fails ? Promise.reject(new TypeError("Failed to fetch")) : Promise.resolve({ lines: state.lines.filter((it) => it.number > after) });
    };
    return { state, asked, store: new LogStore({ get } as unknown as Api) };
}

const numbers = (store: LogStore) => store.getSnapshot().lines?.map((it) => it.number);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is new is added while it is followed, and not otherwise", async () => {
    const { state, asked, store } = log();
    await store.ask({ level: "warn", search: "tls" });
    expect(asked[0]).toMatchObject({ level: "warn", search: "tls", after: null });
    state.lines = [...state.lines, line(3)];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(numbers(store)).toEqual([1, 2]);
    store.follow(true);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(numbers(store)).toEqual([1, 2, 3]);
    expect(asked.at(-1)).toMatchObject({ after: 2 });
    store.follow(false);
    state.lines = [...state.lines, line(4)];
    await vi.advanceTimersByTimeAsync(10_000);
    expect(numbers(store)).toEqual([1, 2, 3]);
});

test("a failure loses nothing, and following goes on", async () => {
    const { state, store } = log();
    await store.ask({ level: "info", search: "" });
    store.follow(true);
    state.fails = true;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(store.getSnapshot()).toMatchObject({ problem: { code: "offline" } });
    expect(numbers(store)).toEqual([1, 2]);
    state.fails = false;
    state.lines = [...state.lines, line(3)];
    await vi.advanceTimersByTimeAsync(2_000);
    expect(store.getSnapshot().problem).toBeNull();
    expect(numbers(store)).toEqual([1, 2, 3]);
    store.stop();
});

test("the page does not grow without bound", async () => {
    const { state, store } = log();
    state.lines = Array.from({ length: LINES_MAX + 50 }, (_, at) => line(at + 1));
    await store.ask({ level: "info", search: "" });
    expect(store.getSnapshot().lines).toHaveLength(LINES_MAX);
    expect(store.getSnapshot().lines?.at(-1)?.number).toBe(LINES_MAX + 50);
});
