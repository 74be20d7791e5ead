//! The order of a room's events, as far as it is known: runs of consecutive events, which grow together where they overlap.
//! Pure; the events themselves are elsewhere.

/** A position between two events, as the server names it: just before or just after an event. */
interface Anchor {
    readonly id: string;
    readonly side: "before" | "after";
}

/** What is kept of it. */
export interface SavedHistory {
    /** Runs, each with the oldest event first. */
    readonly runs: readonly (readonly string[])[];
    readonly tokens: readonly (readonly [token: string, anchor: Anchor])[];
    /** The newest event that came by sync; null: there is a gap behind what is known. */
    readonly live: string | null;
}

/** Consecutive events, oldest first, with the server's tokens at both ends, as far as they are known. */
export interface Run {
    readonly ids: readonly string[];
    readonly older: string | null;
    readonly newer: string | null;
}

/** Part of the order, with a token to go on from; null: nothing is newer. */
export interface Stretch {
    readonly ids: readonly string[];
    readonly token: string | null;
    /** The event at which the next part begins: the oldest going back, the newest going forth. */
    readonly edge: string | null;
}

/** Tokens remembered for each room; the oldest are forgotten. */
const TOKENS_MAX = 400;

/** Our own names of positions, where the server's is not known: `<` before an event, `>` after it. */
const LOCAL = "veche";

/** The event and side of a token of ours; null for one of the server's. */
export function localAnchor(token: string): Anchor | null {
    if (!token.startsWith(LOCAL)) return null;
    return { id: token.slice(LOCAL.length + 1), side: token[LOCAL.length] === "<" ? "before" : "after" };
}

export class RoomHistory {
    #runs: string[][];
    readonly #tokens: Map<string, Anchor>;
    #live: string | null;

    constructor(saved: SavedHistory = { runs: [], tokens: [], live: null }) {
        this.#runs = saved.runs.map((run) => [...run]);
        this.#tokens = new Map(saved.tokens);
        this.#live = saved.live;
    }

    get saved(): SavedHistory {
        return { runs: this.#runs, tokens: [...this.#tokens], live: this.#live };
    }

    /** Learns that these events follow one another. */
    add({ ids, older, newer }: Run): void {
        const [first] = ids;
        const last = ids.at(-1);
        if (first === undefined || last === undefined) return;
        this.#merge(ids);
        if (older !== null) this.#remember(older, { id: first, side: "before" });
        if (newer !== null) this.#remember(newer, { id: last, side: "after" });
    }

    /** Learns what came by sync. `gap`: something between this and what came before it was left out. */
    arrived(ids: readonly string[], older: string | null, gap: boolean): void {
        if (gap) this.#live = null;
        const last = ids.at(-1);
        if (last === undefined) return;
        this.add({ ids, older, newer: null });
        if (this.#live !== null && !ids.includes(this.#live)) this.#merge([this.#live, ...ids]);
        this.#live = last;
    }

    /** Up to `max` events before this position, newest first; null if the position is not known. */
    before(token: string, max: number): Stretch | null {
        const place = this.#place(token);
        if (!place) return null;
        const { run, at } = place;
        const ids = run.slice(Math.max(0, at - max), at);
        const end = at - ids.length;
        return { ids: [...ids].reverse(), token: this.#tokenBefore(run, end), edge: run[end] ?? null };
    }

    /** Up to `max` events after this position, oldest first; null if the position is not known. */
    after(token: string, max: number): Stretch | null {
        const place = this.#place(token);
        if (!place) return null;
        const { run, at } = place;
        const ids = run.slice(at, at + max);
        const end = at + ids.length - 1;
        return { ids, token: this.#tokenAfter(run, end), edge: run[end] ?? null };
    }

    /** An event's neighbors on both sides; null if its place is not known. */
    around(id: string, max: number): { readonly before: Stretch; readonly after: Stretch } | null {
        const before = this.before(`${LOCAL}<${id}`, Math.floor(max / 2));
        const after = this.after(`${LOCAL}>${id}`, Math.ceil(max / 2));
        return before && after && { before, after };
    }

    /** Lets the oldest go until there are no more than `max`, and says which these were. */
    trim(max: number): string[] {
        const dropped: string[] = [];
        let count = this.#runs.reduce((sum, run) => sum + run.length, 0);
        while (count > max) {
            // The run that was touched longest ago stands first.
            const [run] = this.#runs;
            if (!run) break;
            const gone = run.splice(0, Math.min(run.length, count - max));
            if (run.length === 0) this.#runs.shift();
            count -= gone.length;
            dropped.push(...gone);
        }
        const lost = new Set(dropped);
        for (const [token, { id }] of this.#tokens) if (lost.has(id)) this.#tokens.delete(token);
        if (this.#live !== null && lost.has(this.#live)) this.#live = null;
        return dropped;
    }

    #merge(ids: readonly string[]): void {
        const wanted = new Set(ids);
        const touched = this.#runs.filter((run) => run.some((id) => wanted.has(id)));
        const others = this.#runs.filter((run) => !touched.includes(run));
        const firstOf = (run: readonly string[]) => ids.findIndex((id) => run.includes(id));
        touched.sort((a, b) => firstOf(a) - firstOf(b));
        const [head = []] = touched;
        const tail = touched.at(-1) ?? [];
        const start = head.slice(0, head.findIndex((id) => wanted.has(id)));
        const end = tail.slice(tail.findLastIndex((id) => wanted.has(id)) + 1);
        this.#runs = [...others, [...new Set([...start, ...ids, ...end])]];
    }

    #remember(token: string, anchor: Anchor): void {
        const known = this.#tokens.get(token);
        // A position that is behind one event and before another: they follow one another.
        if (known && known.side !== anchor.side) this.#merge(known.side === "after" ? [known.id, anchor.id] : [anchor.id, known.id]);
        this.#tokens.delete(token);
        this.#tokens.set(token, anchor);
        const [oldest] = this.#tokens.keys();
        if (this.#tokens.size > TOKENS_MAX && oldest !== undefined) this.#tokens.delete(oldest);
    }

    /** Where a token is: the index of the first event after it. */
    #place(token: string): { readonly run: string[]; readonly at: number } | null {
        const anchor = localAnchor(token) ?? this.#tokens.get(token);
        const run = anchor && this.#runs.find((known) => known.includes(anchor.id));
        return run ? { run, at: run.indexOf(anchor.id) + (anchor.side === "after" ? 1 : 0) } : null;
    }

    /** The server's token where it is known, so that one can go on with it later, else ours. */
    #tokenBefore(run: readonly string[], at: number): string | null {
        const id = run[at];
        return id === undefined ? null : (this.#tokenBetween(run[at - 1], id) ?? `${LOCAL}<${id}`);
    }

    #tokenAfter(run: readonly string[], at: number): string | null {
        const id = run[at];
        if (id === undefined || id === this.#live) return null;
        return this.#tokenBetween(id, run[at + 1]) ?? `${LOCAL}>${id}`;
    }

    #tokenBetween(older: string | undefined, newer: string | undefined): string | null {
        for (const [token, { id, side }] of this.#tokens) if (id === (side === "after" ? older : newer)) return token;
        return null;
    }
}
