import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { coalesced } from "./coalesce";
import { equal, keepAll } from "./equal";
import { Scope } from "./scope";
import { Cell, Store } from "./store";

class Watched extends Store<number> {
    readonly seen: string[] = [];

    protected override watched(): void {
        this.seen.push("watched");
    }

    protected override unwatched(): void {
        this.seen.push("unwatched");
    }
}

describe("a store", () => {
    test("tells listeners of changes, and of nothing else", () => {
        const cell = new Cell(1);
        const listener = vi.fn();
        const stop = cell.subscribe(listener);
        cell.set(1);
        expect(listener).not.toHaveBeenCalled();
        cell.set(2);
        expect(listener).toHaveBeenCalledTimes(1);
        stop();
        cell.set(3);
        expect(listener).toHaveBeenCalledTimes(1);
        expect(cell.getSnapshot()).toBe(3);
    });

    test("knows when the first listener comes and the last one goes", () => {
        const store = new Watched(0);
        const stops = [store.subscribe(() => undefined), store.subscribe(() => undefined)];
        stops[0]?.();
        stops[0]?.();
        expect(store.seen).toEqual(["watched"]);
        stops[1]?.();
        expect(store.seen).toEqual(["watched", "unwatched"]);
    });
});

describe("a scope", () => {
    test("undoes the last thing first, once", () => {
        const done: number[] = [];
        const scope = new Scope();
        for (const at of [1, 2]) scope.add(() => done.push(at));
        scope.close();
        scope.close();
        expect(done).toEqual([2, 1]);
    });

    test("undoes at once what comes after it has closed", () => {
        const scope = new Scope();
        scope.close();
        const undo = vi.fn();
        scope.add(undo);
        expect(undo).toHaveBeenCalledTimes(1);
    });
});

describe("time", () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    test("a burst of calls is one piece of work", () => {
        const work = vi.fn();
        const call = coalesced(50, work);
        call();
        call();
        expect(work).not.toHaveBeenCalled();
        vi.advanceTimersByTime(50);
        expect(work).toHaveBeenCalledTimes(1);
        call();
        call.flush();
        call.flush();
        expect(work).toHaveBeenCalledTimes(2);
        call();
        call.cancel();
        vi.advanceTimersByTime(100);
        expect(work).toHaveBeenCalledTimes(2);
    });

    test("a timer of a scope ends with it", () => {
        const scope = new Scope();
        const work = vi.fn();
        scope.later(10, work);
        scope.every(10, work);
        scope.close();
        vi.advanceTimersByTime(100);
        expect(work).not.toHaveBeenCalled();
    });
});

describe("keeping what is equal", () => {
    test.each([
        [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true],
        [{ a: 1 }, { a: 1, b: undefined }, false],
        [[1, 2], [2, 1], false],
        [NaN, NaN, true],
        [{}, [], false],
        [null, {}, false],
    ])("%j and %j: %s", (a, b, same) => {
        expect(equal(a, b)).toBe(same);
    });

    test("old objects stay where nothing changed, and the list itself where nothing did", () => {
        const before = [{ id: "a", n: 1 }, { id: "b", n: 2 }];
        const changed = keepAll(before, [{ id: "a", n: 1 }, { id: "b", n: 3 }], ({ id }) => id);
        expect(changed[0]).toBe(before[0]);
        expect(changed[1]).not.toBe(before[1]);
        expect(keepAll(before, [{ id: "a", n: 1 }, { id: "b", n: 2 }], ({ id }) => id)).toBe(before);
    });
});
