//! One tab at a time. Two tabs on one store of end-to-end keys would corrupt it, so the one that works holds a lock.
//!
//! A tab that finds the lock taken queues for it: it works as soon as the other one is closed. If its user does not want to
//! wait, it asks the other one to let go, and takes the lock by force from one that does not answer.

/** How long a tab that was asked may take to put its stores away. */
const YIELD_MS_MAX = 4_000;

const LOCK = "veche-session";
const CHANNEL = "veche-tabs";
const YIELD = "yield";

export interface LeaderEvents {
    /** This tab may work now; called once for each time it gets the lock. */
    onLead(): void;
    /** Another tab takes over. What this one does is finished when the promise resolves. */
    onYield(): Promise<void>;
}

interface Browser {
    readonly locks: Pick<LockManager, "request">;
    readonly channel: Pick<BroadcastChannel, "postMessage" | "close"> & { onmessage: ((event: MessageEvent) => void) | null };
}

const browserOf = (): Browser => ({ locks: navigator.locks, channel: new BroadcastChannel(CHANNEL) });

/** This tab's claim to be the one that works. */
export class TabLeader {
    readonly #browser: Browser;
    #events: LeaderEvents | null = null;
    #release: (() => void) | null = null;
    #queue: AbortController | null = null;

    constructor(browser: Browser = browserOf()) {
        this.#browser = browser;
        this.#browser.channel.onmessage = ({ data }) => {
            if (data === YIELD && this.#release) void this.#yield();
        };
    }

    get leads(): boolean {
        return this.#release !== null;
    }

    /** Leads at once if nobody does, or else as soon as nobody does. Says which. */
    async enter(events: LeaderEvents): Promise<"leads" | "waits"> {
        this.#events = events;
        if (await this.#tryOnce()) return "leads";
        this.#wait();
        return "waits";
    }

    /** Asks the tab that leads to let go; takes the lock by force from one that does not answer. */
    async takeOver(): Promise<void> {
        if (this.leads) return;
        this.#browser.channel.postMessage(YIELD);
        await new Promise((resolve) => setTimeout(resolve, YIELD_MS_MAX));
        this.#force();
    }

    /** Lets go and does not come back by itself. */
    leave(): void {
        this.#queue?.abort();
        this.#release?.();
        this.#release = null;
    }

    #force(): void {
        if (this.leads) return;
        this.#queue?.abort();
        this.#hold({ steal: true });
    }

    #tryOnce(): Promise<boolean> {
        return new Promise((resolve, reject) => {
            this.#browser.locks
                .request(LOCK, { ifAvailable: true }, (lock) => {
                    if (!lock) return resolve(false);
                    resolve(true);
                    return this.#held();
                })
                .catch((error: unknown) => {
                    this.#lost();
                    reject(error instanceof Error ? error : new Error(String(error)));
                });
        });
    }

    #wait(): void {
        this.#queue = new AbortController();
        this.#hold({ signal: this.#queue.signal });
    }

    #hold(options: LockOptions): void {
        this.#browser.locks
            .request(LOCK, options, () => {
                this.#queue = null;
                return this.#held();
            })
            // Stolen, or this tab stopped waiting.
            .catch(() => this.#lost());
    }

    #held(): Promise<void> {
        return new Promise((release) => {
            this.#release = release;
            this.#events?.onLead();
        });
    }

    async #yield(): Promise<void> {
        await this.#events?.onYield();
        this.#release?.();
        this.#release = null;
        this.#wait();
    }

    /** The lock was stolen: there was no time to ask. */
    #lost(): void {
        if (!this.#release) return;
        this.#release = null;
        void this.#events?.onYield();
        this.#wait();
    }
}
