import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lookNowAndAgain } from "./look_around";

const MINUTE_MS = 60_000;

class Page extends EventTarget {
    visibilityState: DocumentVisibilityState = "visible";

    turn(state: DocumentVisibilityState): void {
        this.visibilityState = state;
        this.dispatchEvent(new Event("visibilitychange"));
    }
}

beforeEach(() => {
    vi.useFakeTimers();
});

afterEach(() => {
    vi.useRealTimers();
});

const pass = (minutes: number) => vi.advanceTimersByTimeAsync(minutes * MINUTE_MS);

test("it looks at once and every few minutes, until it is ended", async () => {
    const look = vi.fn(() => Promise.resolve(true));
    const end = lookNowAndAgain(look, new Page());
    await pass(0);
    expect(look).toHaveBeenCalledTimes(1);
    await pass(7);
    expect(look).toHaveBeenCalledTimes(3);
    end();
    await pass(60);
    expect(look).toHaveBeenCalledTimes(3);
});

test("nothing is asked while nobody looks, and what is overdue when somebody does again", async () => {
    const page = new Page();
    const look = vi.fn(() => Promise.resolve(true));
    const end = lookNowAndAgain(look, page);
    await pass(0);
    page.turn("hidden");
    await pass(60);
    expect(look).toHaveBeenCalledTimes(1);
    page.turn("visible");
    await pass(0);
    expect(look).toHaveBeenCalledTimes(2);
    page.turn("hidden");
    page.turn("visible");
    await pass(1);
    expect(look).toHaveBeenCalledTimes(2);
    end();
});

test("what fails is asked less and less often, and as often as before once it works", async () => {
    let works = false;
    const look = vi.fn(() => (works ? Promise.resolve(true) : Promise.reject(new Error("offline"))));
    const end = lookNowAndAgain(look, new Page());
    await pass(0);
    await pass(5);
    expect(look).toHaveBeenCalledTimes(1);
    await pass(1);
    expect(look).toHaveBeenCalledTimes(2);
    await pass(12 + 24 + 30 + 30);
    expect(look).toHaveBeenCalledTimes(6);
    works = true;
    await pass(30);
    expect(look).toHaveBeenCalledTimes(7);
    await pass(3);
    expect(look).toHaveBeenCalledTimes(8);
    end();
});
