//! The newest lines of the log. They can be followed: what is new is added, and what is too old goes.

import { type Problem, Store, problemOf } from "@veche/protocol";
import type { Api, Schemas } from "../../api/api";
import type { LogFilter } from "../../app/router";

export type LogLine = Schemas["LogLine"];

/** While it is followed, it is asked for this often. */
const FOLLOW_MS = 2_000;
const PAGE_LINES = 200;
/** More are not kept on the page. */
export const LINES_MAX = 1_000;

export interface LogState {
    readonly lines: readonly LogLine[] | null;
    readonly loading: boolean;
    readonly following: boolean;
    readonly problem: Problem | null;
}

export class LogStore extends Store<LogState> {
    readonly #api: Api;
    #filter: LogFilter = { level: "info", search: "" };
    #timer: ReturnType<typeof setTimeout> | null = null;
    #running: AbortController | null = null;

    constructor(api: Api) {
        super({ lines: null, loading: true, following: false, problem: null });
        this.#api = api;
    }

    /** The newest lines that fit, in place of all. */
    async ask(filter: LogFilter): Promise<void> {
        this.#filter = filter;
        await this.#load(null);
    }

    follow(following: boolean): void {
        this.publish({ ...this.getSnapshot(), following });
        this.#wait();
    }

    /** Nobody looks any more. */
    stop(): void {
        this.#running?.abort();
        this.#running = null;
        if (this.#timer !== null) clearTimeout(this.#timer);
        this.#timer = null;
    }

    async #load(after: number | null): Promise<void> {
        this.stop();
        const run = new AbortController();
        this.#running = run;
        if (after === null) this.publish({ ...this.getSnapshot(), loading: true });
        try {
            const { level, search } = this.#filter;
            const { lines } = await this.#api.get("/api/admin/v1/logs", { query: { level, search, after, limit: PAGE_LINES }, signal: run.signal });
            if (this.#running !== run) return;
            const before = after === null ? [] : (this.getSnapshot().lines ?? []);
            this.publish({ ...this.getSnapshot(), lines: [...before, ...lines].slice(-LINES_MAX), loading: false, problem: null });
        } catch (thrown) {
            if (this.#running !== run) return;
            this.publish({ ...this.getSnapshot(), loading: false, problem: problemOf(thrown) });
        }
        this.#wait();
    }

    #wait(): void {
        if (this.#timer !== null) clearTimeout(this.#timer);
        this.#timer = null;
        const { following, lines } = this.getSnapshot();
        if (following) this.#timer = setTimeout(() => void this.#load(lines?.at(-1)?.number ?? null), FOLLOW_MS);
    }
}
