/**
 * Keeps the reader where they are in a list that changes: older rows come above, pictures arrive, the window gets
 * narrower. After each change, and before it is painted, the scroll place moves as much as the row at the top has moved. A
 * reader at the end stays at the end. A store of which rows should exist: those near the window.
 */
import { Store } from "@veche/protocol";
import { Heights } from "./heights";

/** How far beyond the window rows exist, in pixels: about a screen each way. */
const MARGIN_PX = 900;
/** So near the end, the reader is at the end. */
const END_PX = 48;
/** Where the row that somebody is led to stands below the window's top. */
const TOP_GAP_PX = 64;

/** The row that is to stay where it is, and its distance from the top of the window; or the end of the list. */
type Anchor = { readonly key: string; readonly gap: number } | "end";

/** Rows that should exist; the end not included. */
export interface Range {
    readonly start: number;
    readonly end: number;
}

/** What is told to whoever has the list. */
export interface ScrollEvents {
    /** Near the beginning or the end: the place to load more. */
    readonly onStart: () => void;
    readonly onEnd: () => void;
    readonly onAtEnd: (atEnd: boolean) => void;
}

export interface Layout extends Range {
    /** Pixels of the rows before and after, which do not exist. */
    readonly before: number;
    readonly after: number;
}

export class ScrollKeeper extends Store<Range> {
    readonly #heights = new Heights();
    #box: HTMLElement | null = null;
    #list: HTMLElement | null = null;
    #anchor: Anchor = "end";
    #atEnd = true;
    #events: ScrollEvents | null = null;
    #opened = false;

    constructor() {
        super({ start: 0, end: 0 });
    }

    /** The rows as they are now, and which of them to draw for `range`. */
    layout(keys: readonly string[], guesses: readonly number[], range: Range): Layout {
        const heights = this.#heights;
        heights.set(keys, guesses);
        // At first, what fills a large window from the end.
        const { start, end } = range.end === 0 ? heights.between(heights.total - 2 * MARGIN_PX, heights.total) : range;
        const first = Math.min(start, Math.max(0, keys.length - 1));
        const last = Math.min(Math.max(end, first), keys.length);
        return { start: first, end: last, before: heights.offset(first), after: heights.total - heights.offset(last) };
    }

    /** The elements: what scrolls, and what holds the rows. Returns what undoes it. */
    attach(box: HTMLElement, list: HTMLElement): () => void {
        this.#box = box;
        this.#list = list;
        const observer = new ResizeObserver(() => {
            this.settle();
        });
        observer.observe(list);
        observer.observe(box);
        return () => {
            observer.disconnect();
            this.#box = null;
            this.#list = null;
        };
    }

    listenWith(events: ScrollEvents): void {
        this.#events = events;
    }

    /** Goes to where the list opens; once. */
    open(place: { readonly key: string; readonly where: "middle" | "top" } | null): void {
        if (this.#opened || this.#heights.count === 0) return;
        this.#opened = true;
        if (place) this.to(place.key, place.where);
        else this.toEnd();
    }

    /** Measures what is drawn and puts the reader back to what they looked at. */
    settle(): void {
        const box = this.#box;
        const list = this.#list;
        if (!box || !list || box.clientHeight === 0) return;
        for (const row of list.children) {
            if (row instanceof HTMLElement && row.dataset["key"] !== undefined) this.#heights.measure(row.dataset["key"], row.offsetHeight);
        }
        const place = this.#place(box, list);
        if (place.top !== null) box.scrollTop = place.top;
        this.#cover(box.scrollTop);
        // A row that is not drawn yet is still to come to its place.
        if (place.settled) this.#note(box, list);
    }

    /** The reader has scrolled. */
    scrolled(): void {
        const box = this.#box;
        const list = this.#list;
        if (!box || !list) return;
        this.#note(box, list);
        this.#cover(box.scrollTop);
    }

    to(key: string, where: "middle" | "top"): void {
        const index = this.#heights.indexOf(key);
        if (!this.#box || index < 0) return;
        const middle = (this.#box.clientHeight - this.#heights.height(index)) / 2;
        const gap = where === "top" ? TOP_GAP_PX : Math.max(TOP_GAP_PX, middle);
        this.#anchor = { key, gap };
        this.#cover(this.#heights.offset(index) - gap);
        this.settle();
    }

    toEnd(): void {
        this.#anchor = "end";
        this.#cover(this.#heights.total);
        this.settle();
    }

    /** Where the window belongs, and whether that is known for certain. */
    #place(box: HTMLElement, list: HTMLElement): { top: number | null; settled: boolean } {
        const anchor = this.#anchor;
        if (anchor === "end") return { top: box.scrollHeight, settled: true };
        const row = list.querySelector<HTMLElement>(`:scope > [data-key="${CSS.escape(anchor.key)}"]`);
        if (row) return { top: row.offsetTop - anchor.gap, settled: true };
        const index = this.#heights.indexOf(anchor.key);
        return index < 0 ? { top: null, settled: true } : { top: this.#heights.offset(index) - anchor.gap, settled: false };
    }

    /** Asks for the rows that should exist for this place. */
    #cover(top: number): void {
        const height = this.#box?.clientHeight ?? 0;
        const next = this.#heights.between(top - MARGIN_PX, top + height + MARGIN_PX);
        const now = this.getSnapshot();
        if (next.start !== now.start || next.end !== now.end) this.publish(next);
    }

    /** Notes what the reader looks at, so that it can be kept in its place. */
    #note(box: HTMLElement, list: HTMLElement): void {
        const left = box.scrollHeight - box.scrollTop - box.clientHeight;
        const atEnd = left <= END_PX;
        const row = atEnd ? null : topRow(box, list);
        const key = row?.dataset["key"];
        if (atEnd) this.#anchor = "end";
        else if (row && key !== undefined) this.#anchor = { key, gap: row.offsetTop - box.scrollTop };
        if (atEnd !== this.#atEnd) {
            this.#atEnd = atEnd;
            this.#events?.onAtEnd(atEnd);
        }
        if (box.scrollTop < MARGIN_PX) this.#events?.onStart();
        if (left < MARGIN_PX) this.#events?.onEnd();
    }
}

/** The first row that reaches into the window. */
function topRow(box: HTMLElement, list: HTMLElement): HTMLElement | null {
    for (const row of list.children) {
        if (row instanceof HTMLElement && row.offsetTop + row.offsetHeight > box.scrollTop) return row;
    }
    return null;
}
