//! The index of messages by their words. Pure: it knows neither the SDK nor the disk.

import { normal, placesIn, stemOf, wordsIn } from "./words";

/** What kinds of messages there are to look for. */
export type DocKind = "text" | "picture" | "file" | "voice" | "poll";

/** A message as it is searched. */
export interface Doc {
    readonly id: string;
    readonly roomId: string;
    /** The thread that it stands in. */
    readonly threadId: string | null;
    readonly sender: string;
    readonly ts: number;
    readonly kind: DocKind;
    readonly text: string;
}

export interface SearchQuery {
    readonly text: string;
    readonly roomId?: string | null;
    readonly sender?: string | null;
    readonly kind?: DocKind | null;
    /** From this time on (ms since 1970), and before that one. */
    readonly sinceMs?: number | null;
    readonly untilMs?: number | null;
}

/** A piece of a text; `match`: it is what was looked for. */
export interface Piece {
    readonly text: string;
    readonly match: boolean;
}

export interface Found {
    /** All that fit, the newest first, up to the limit that was given. */
    readonly docs: readonly Doc[];
    /** How many fit. */
    readonly total: number;
    /** The words that they were found by. */
    readonly words: ReadonlySet<string>;
}

const NOTHING: Found = { docs: [], total: 0, words: new Set() };

/** Characters of a text before the first match that a snippet shows. */
const LEAD_CHARS = 48;

function fits(doc: Doc, { roomId, sender, kind, sinceMs, untilMs }: SearchQuery): boolean {
    return (
        (!roomId || doc.roomId === roomId) &&
        (!sender || doc.sender === sender) &&
        (!kind || doc.kind === kind) &&
        (sinceMs === null || sinceMs === undefined || doc.ts >= sinceMs) &&
        (untilMs === null || untilMs === undefined || doc.ts < untilMs)
    );
}

/** Whether it asks for anything beside words. */
function narrows({ roomId, sender, kind, sinceMs, untilMs }: SearchQuery): boolean {
    return [roomId, sender, kind, sinceMs, untilMs].some((value) => value !== null && value !== undefined);
}

export class SearchIndex {
    readonly #docs = new Map<string, Doc>();
    readonly #byWord = new Map<string, Set<string>>();
    readonly #byStem = new Map<string, Set<string>>();
    /** All words in order, for beginnings; null: to be made anew. */
    #sorted: string[] | null = null;

    get size(): number {
        return this.#docs.size;
    }

    get(id: string): Doc | undefined {
        return this.#docs.get(id);
    }

    /** Takes a message in, or its newer text. */
    add(doc: Doc): void {
        this.remove(doc.id);
        this.#docs.set(doc.id, doc);
        for (const word of wordsIn(doc.text)) {
            const ids = this.#byWord.get(word);
            if (ids) {
                ids.add(doc.id);
                continue;
            }
            this.#byWord.set(word, new Set([doc.id]));
            this.#sorted = null;
            const stem = stemOf(word);
            const forms = this.#byStem.get(stem);
            if (forms) forms.add(word);
            else this.#byStem.set(stem, new Set([word]));
        }
    }

    remove(id: string): void {
        const doc = this.#docs.get(id);
        if (!doc) return;
        this.#docs.delete(id);
        for (const word of wordsIn(doc.text)) {
            const ids = this.#byWord.get(word);
            ids?.delete(id);
            if (ids?.size !== 0) continue;
            this.#byWord.delete(word);
            this.#byStem.get(stemOf(word))?.delete(word);
            this.#sorted = null;
        }
    }

    /**
     * Messages that have every word that is asked for: in any form, or as the beginning of one of theirs. Without words all
     * that fit the rest of the query, if it says anything.
     */
    search(query: SearchQuery, max: number): Found {
        const wanted = [...wordsIn(query.text)];
        if (wanted.length === 0 && !narrows(query)) return NOTHING;
        const words = new Set<string>();
        let ids: readonly string[] | null = null;
        for (const word of wanted) {
            const forms = this.#forms(word);
            for (const form of forms) words.add(form);
            const having = new Set(forms.flatMap((form) => [...(this.#byWord.get(form) ?? [])]));
            const before: readonly string[] = ids ?? [...having];
            ids = before.filter((id) => having.has(id));
        }
        const candidates = ids === null ? [...this.#docs.values()] : ids.map((id) => this.#docs.get(id)).filter((doc) => doc !== undefined);
        const found = candidates.filter((doc) => fits(doc, query)).sort((a, b) => b.ts - a.ts);
        return { docs: found.slice(0, max), total: found.length, words };
    }

    /** The words of the index that a word of a query stands for. */
    #forms(word: string): string[] {
        const sameStem = this.#byStem.get(stemOf(word)) ?? [];
        return [...new Set([...sameStem, ...this.#beginningWith(word)])];
    }

    #beginningWith(start: string): string[] {
        const sorted = (this.#sorted ??= [...this.#byWord.keys()].sort());
        let [low, high] = [0, sorted.length];
        while (low < high) {
            const middle = (low + high) >> 1;
            if ((sorted[middle] ?? "") < start) low = middle + 1;
            else high = middle;
        }
        const found: string[] = [];
        for (let at = low; sorted[at]?.startsWith(start) === true; at += 1) found.push(sorted[at] ?? "");
        return found;
    }
}

/** The part of a text where it was found, up to `max` characters, with what was found marked. */
export function snippet(text: string, words: ReadonlySet<string>, max: number): Piece[] {
    const flat = text.replace(/\s+/g, " ").trim();
    const matches = placesIn(flat).filter(({ word }) => words.has(normal(word)));
    const first = matches[0]?.start ?? 0;
    // Whole words at the beginning.
    const from = first <= LEAD_CHARS ? 0 : flat.indexOf(" ", first - LEAD_CHARS) + 1;
    const to = Math.min(flat.length, from + max);
    const pieces: Piece[] = [];
    let at = from;
    const push = (end: number, match: boolean) => {
        if (end > at) pieces.push({ text: flat.slice(at, end), match });
        at = Math.max(at, end);
    };
    for (const { start, end } of matches) {
        if (start < from || end > to) continue;
        push(start, false);
        push(end, true);
    }
    push(to, false);
    if (from > 0) pieces.unshift({ text: "… ", match: false });
    if (to < flat.length) pieces.push({ text: "…", match: false });
    return pieces;
}
