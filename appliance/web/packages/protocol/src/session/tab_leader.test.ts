import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TabLeader } from "./tab_leader";

type Granted = (lock: Lock | null) => unknown;

/** The locks of one browser, for several tabs. */
class Locks {
    #holder: { reject: (error: Error) => void } | null = null;
    readonly #queue: (() => void)[] = [];

    readonly request = ((_: string, options: LockOptions, granted: Granted): Promise<unknown> => {
        if (options.ifAvailable === true && this.#holder) return Promise.resolve(granted(null));
        return new Promise((resolve, reject) => {
            const hold = () => {
                const holder = { reject };
                this.#holder = holder;
                Promise.resolve(granted({} as Lock)).then(() => {
                    if (this.#holder === holder) this.#free();
                    resolve(undefined);
                }, reject);
            };
            options.signal?.addEventListener("abort", () => {
                reject(new DOMException("", "AbortError"));
            });
            if (options.steal === true) {
                this.#holder?.reject(new DOMException("", "AbortError"));
                hold();
            } else if (this.#holder) this.#queue.push(() => (options.signal?.aborted === true ? this.#free() : hold()));
            else hold();
        });
    }) as LockManager["request"];

    #free(): void {
        this.#holder = null;
        this.#queue.shift()?.();
    }
}

/** The channel between tabs. */
class Air {
    readonly #tabs: { onmessage: ((event: MessageEvent) => void) | null }[] = [];

    tab() {
        const channel = {
            onmessage: null as ((event: MessageEvent) => void) | null,
            postMessage: (data: unknown) => {
                for (const other of this.#tabs) if (other !== channel) other.onmessage?.({ data } as MessageEvent);
            },
            close: () => undefined,
        };
        this.#tabs.push(channel);
        return channel;
    }
}

const settled = () => vi.advanceTimersByTimeAsync(0);

function browser() {
    const locks = new Locks();
    const air = new Air();
    return () => {
        const said: string[] = [];
        const leader = new TabLeader({ locks, channel: air.tab() });
        const events = {
            onLead: () => void said.push("lead"),
            onYield: () => {
                said.push("yield");
                return Promise.resolve();
            },
        };
        return { leader, said, enter: () => leader.enter(events) };
    };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("the second tab waits, and leads as soon as the first is closed", async () => {
    const open = browser();
    const [first, second] = [open(), open()];
    expect(await first.enter()).toBe("leads");
    expect(await second.enter()).toBe("waits");
    expect(second.said).toEqual([]);
    first.leader.leave();
    await settled();
    expect(second.said).toEqual(["lead"]);
});

test("a tab that takes over leads when the other one has put its stores away", async () => {
    const open = browser();
    const [first, second] = [open(), open()];
    await first.enter();
    await second.enter();
    void second.leader.takeOver();
    await settled();
    expect(first.said).toEqual(["lead", "yield"]);
    expect(second.said).toEqual(["lead"]);
    expect([first.leader.leads, second.leader.leads]).toEqual([false, true]);
});

test("the lock is taken by force from a tab that does not answer", async () => {
    const locks = new Locks();
    const air = new Air();
    // A tab that hangs: it holds the lock and hears nothing.
    void locks.request("veche-session", {}, () => new Promise(() => undefined)).catch(() => undefined);
    const said: string[] = [];
    const second = new TabLeader({ locks, channel: air.tab() });
    await second.enter({ onLead: () => void said.push("lead"), onYield: () => Promise.resolve() });
    const taking = second.takeOver();
    await vi.advanceTimersByTimeAsync(5_000);
    await taking;
    expect(said).toEqual(["lead"]);
});
