//! What is loaded from the server: one thing, or pages of many.

import { Store, problemOf, type Problem } from "@veche/protocol";

export interface Remote<T> {
    /** What was loaded last; null: nothing yet. */
    readonly value: T | null;
    readonly loading: boolean;
    /** Why the last try failed; what was there before is still there. */
    readonly problem: Problem | null;
}

/** One thing. Of several loads that overlap, the last one counts. */
export class Resource<T> extends Store<Remote<T>> {
    readonly #fetch: (signal: AbortSignal) => Promise<T>;
    #running: AbortController | null = null;

    constructor(fetch: (signal: AbortSignal) => Promise<T>) {
        super({ value: null, loading: true, problem: null });
        this.#fetch = fetch;
    }

    async load(): Promise<void> {
        this.#running?.abort();
        const run = new AbortController();
        this.#running = run;
        this.publish({ ...this.getSnapshot(), loading: true });
        try {
            const value = await this.#fetch(run.signal);
            if (this.#running === run) this.publish({ value, loading: false, problem: null });
        } catch (thrown) {
            if (this.#running === run) this.publish({ ...this.getSnapshot(), loading: false, problem: problemOf(thrown) });
        }
    }

    /** What it has become, as an act's answer tells. */
    set(value: T): void {
        this.#running?.abort();
        this.#running = null;
        this.publish({ value, loading: false, problem: null });
    }

    /** Nobody looks any more. */
    stop(): void {
        this.#running?.abort();
        this.#running = null;
    }
}

/** A page, and where the next one begins. */
export interface Page<Row, Next> {
    readonly rows: readonly Row[];
    readonly next: Next | null;
    /** How many there are on all pages, if that is told. */
    readonly total?: number;
}

export interface Rows<Row> {
    /** Null: nothing was loaded yet. */
    readonly rows: readonly Row[] | null;
    readonly total: number | null;
    readonly more: boolean;
    /** What is under way: everything anew, or one more page. */
    readonly loading: "all" | "more" | null;
    readonly problem: Problem | null;
}

/** Pages of rows that fit a filter, one after another. */
export class Pages<Row, Next, Filter> extends Store<Rows<Row>> {
    readonly #fetch: (filter: Filter, next: Next | null, signal: AbortSignal) => Promise<Page<Row, Next>>;
    #filter: Filter;
    #next: Next | null = null;
    #running: AbortController | null = null;

    constructor(filter: Filter, fetch: (filter: Filter, next: Next | null, signal: AbortSignal) => Promise<Page<Row, Next>>) {
        super({ rows: null, total: null, more: false, loading: "all", problem: null });
        this.#filter = filter;
        this.#fetch = fetch;
    }

    /** The first page of what fits, in place of everything. */
    async ask(filter: Filter): Promise<void> {
        this.#filter = filter;
        await this.#run("all", null);
    }

    /** The same anew. */
    async load(): Promise<void> {
        await this.#run("all", null);
    }

    /** One more page. */
    async loadMore(): Promise<void> {
        if (this.getSnapshot().loading === null && this.#next !== null) await this.#run("more", this.#next);
    }

    /** Nobody looks any more. */
    stop(): void {
        this.#running?.abort();
        this.#running = null;
    }

    async #run(loading: "all" | "more", from: Next | null): Promise<void> {
        this.#running?.abort();
        const run = new AbortController();
        this.#running = run;
        this.publish({ ...this.getSnapshot(), loading });
        try {
            const { rows, next, total } = await this.#fetch(this.#filter, from, run.signal);
            if (this.#running !== run) return;
            this.#next = next;
            const before = loading === "more" ? (this.getSnapshot().rows ?? []) : [];
            this.publish({ rows: [...before, ...rows], total: total ?? null, more: next !== null, loading: null, problem: null });
        } catch (thrown) {
            if (this.#running === run) this.publish({ ...this.getSnapshot(), loading: null, problem: problemOf(thrown) });
        }
    }
}

/** Every row there is, for a table to be saved. */
export async function all<Row, Next>(fetch: (next: Next | null) => Promise<Page<Row, Next>>): Promise<readonly Row[]> {
    const rows: Row[] = [];
    let next: Next | null = null;
    do {
        const page: Page<Row, Next> = await fetch(next);
        rows.push(...page.rows);
        next = page.next;
    } while (next !== null);
    return rows;
}
