import { describe, expect, test } from "vitest";
import { type Page, Pages, Resource, all } from "./resource";

/** An answer that comes when it is told to. */
function later<T>() {
    const asked: { resolve: (value: T) => void; reject: (error: unknown) => void; signal: AbortSignal }[] = [];
    const fetch = (signal: AbortSignal) =>
        new Promise<T>((resolve, reject) => {
            asked.push({ resolve, reject, signal });
        });
    return { asked, fetch };
}

describe("one thing", () => {
    test("is there once it was loaded, and stays while it is loaded again", async () => {
        const { asked, fetch } = later<string>();
        const resource = new Resource(fetch);
        const first = resource.load();
        expect(resource.getSnapshot()).toEqual({ value: null, loading: true, problem: null });
        asked[0]!.resolve("a");
        await first;
        const second = resource.load();
        expect(resource.getSnapshot()).toMatchObject({ value: "a", loading: true });
        asked[1]!.reject(new TypeError("Failed to fetch"));
        await second;
        expect(resource.getSnapshot()).toMatchObject({ value: "a", loading: false, problem: { code: "offline" } });
    });

    test("of two loads the later one counts, whichever answers last", async () => {
        const { asked, fetch } = later<string>();
        const resource = new Resource(fetch);
        const loads = [resource.load(), resource.load()];
        expect(asked[0]!.signal.aborted).toBe(true);
        asked[1]!.resolve("new");
        asked[0]!.resolve("old");
        await Promise.all(loads);
        expect(resource.getSnapshot().value).toBe("new");
    });

    test("what an act has made of it is not overwritten by an older answer", async () => {
        const { asked, fetch } = later<string>();
        const resource = new Resource(fetch);
        const load = resource.load();
        resource.set("acted");
        asked[0]!.resolve("old");
        await load;
        expect(resource.getSnapshot()).toEqual({ value: "acted", loading: false, problem: null });
    });
});

describe("pages", () => {
    const page = (rows: readonly string[], next: string | null): Page<string, string> => ({ rows, next, total: 3 });

    test("are added to one another, each from where the one before ended", async () => {
        const from: unknown[] = [];
        const pages = new Pages<string, string, string>("", (filter, next) => {
            from.push([filter, next]);
            return Promise.resolve(next === null ? page(["a", "b"], "b") : page(["c"], null));
        });
        await pages.ask("x");
        expect(pages.getSnapshot()).toMatchObject({ rows: ["a", "b"], more: true, total: 3 });
        await pages.loadMore();
        expect(pages.getSnapshot()).toMatchObject({ rows: ["a", "b", "c"], more: false, loading: null });
        await pages.loadMore();
        await pages.load();
        expect(pages.getSnapshot().rows).toEqual(["a", "b"]);
        expect(from).toEqual([["x", null], ["x", "b"], ["x", null]]);
    });

    test("of another filter take the place of those that are still on their way", async () => {
        const waiting = new Map<string, (page: Page<string, string>) => void>();
        const pages = new Pages<string, string, string>("", (filter) => new Promise((resolve) => waiting.set(filter, resolve)));
        const asked = [pages.ask("a"), pages.ask("b")];
        waiting.get("b")?.(page(["of b"], null));
        waiting.get("a")?.(page(["of a"], null));
        await Promise.all(asked);
        expect(pages.getSnapshot().rows).toEqual(["of b"]);
    });

    test("a page that fails takes nothing away", async () => {
        let fails = false;
        const pages = new Pages<string, string, null>(null, () =>
            fails ? Promise.reject(new Error("no")) : Promise.resolve(page(["a"], "a")),
        );
        await pages.load();
        fails = true;
        await pages.loadMore();
        expect(pages.getSnapshot()).toMatchObject({ rows: ["a"], more: true, loading: null, problem: { code: "unknown" } });
    });

    test("can be had all at once", async () => {
        const rows = await all<string, string>((next) => Promise.resolve(next === null ? page(["a"], "a") : page(["b"], null)));
        expect(rows).toEqual(["a", "b"]);
    });
});
