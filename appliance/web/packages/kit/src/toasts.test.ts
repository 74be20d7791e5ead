import { expect, it } from "vitest";
import { type Timer, Toasts } from "./toasts";

/** A clock that the test moves. */
class ManualTimer implements Timer {
    private now = 0;
    private readonly waiting = new Set<{ at: number; callback: () => void }>();

    start(callback: () => void, ms: number): unknown {
        const timer = { at: this.now + ms, callback };
        this.waiting.add(timer);
        return timer;
    }

    stop(timer: unknown): void {
        this.waiting.delete(timer as { at: number; callback: () => void });
    }

    pass(seconds: number): void {
        this.now += seconds * 1_000;
        for (const timer of [...this.waiting]) {
            if (timer.at <= this.now) {
                this.waiting.delete(timer);
                timer.callback();
            }
        }
    }

    get count(): number {
        return this.waiting.size;
    }
}

const texts = (toasts: Toasts): readonly string[] => toasts.getSnapshot().map(({ text }) => text);

it("go by themselves, those with a button later, those without an end never", () => {
    const timer = new ManualTimer();
    const toasts = new Toasts(timer);
    toasts.show({ text: "short" });
    toasts.show({ text: "with a button", action: { label: "Undo", onAction: () => undefined } });
    toasts.show({ text: "stays", seconds: null });
    timer.pass(6);
    expect(texts(toasts)).toEqual(["with a button", "stays"]);
    timer.pass(4);
    expect(texts(toasts)).toEqual(["stays"]);
    timer.pass(10_000);
    expect(texts(toasts)).toEqual(["stays"]);
});

it("are dismissed, and then their time does not run on", () => {
    const timer = new ManualTimer();
    const toasts = new Toasts(timer);
    let told = 0;
    toasts.subscribe(() => (told += 1));
    const id = toasts.show({ text: "one" });
    toasts.dismiss(id);
    expect(texts(toasts)).toEqual([]);
    expect(timer.count).toBe(0);
    expect(told).toBe(2);
});

it("wait while somebody looks at them, and then have their full time again", () => {
    const timer = new ManualTimer();
    const toasts = new Toasts(timer);
    toasts.show({ text: "one" });
    timer.pass(5);
    toasts.hold();
    timer.pass(60);
    expect(texts(toasts)).toEqual(["one"]);
    toasts.release();
    timer.pass(5);
    expect(texts(toasts)).toEqual(["one"]);
    timer.pass(1);
    expect(texts(toasts)).toEqual([]);
});

it("do not stand twice with the same words", () => {
    const timer = new ManualTimer();
    const toasts = new Toasts(timer);
    const first = toasts.show({ text: "copied" });
    timer.pass(5);
    expect(toasts.show({ text: "copied" })).toBe(first);
    timer.pass(5);
    expect(texts(toasts)).toEqual(["copied"]);
    expect(timer.count).toBe(1);
});

it("are four at most, and the oldest gives way", () => {
    const timer = new ManualTimer();
    const toasts = new Toasts(timer);
    for (const text of ["1", "2", "3", "4", "5"]) {
        toasts.show({ text });
    }
    expect(texts(toasts)).toEqual(["2", "3", "4", "5"]);
    expect(timer.count).toBe(4);
});
