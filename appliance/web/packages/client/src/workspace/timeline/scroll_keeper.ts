/**
 * Keeps the reader where they are in a list that changes: older rows come above, pictures arrive, the window gets
 * narrower. After each change, and before it is painted, the scroll place moves as much as the row at the top has moved. A
 * reader at the end stays at the end, unless more is still to be loaded below it. A store of which rows should exist: those
 * near the window.
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
    /** Nothing is to be loaded below the last row: a reader at the end wants to see what comes. */
    readonly whole: boolean;
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
    /** The scroll place as it was last noted or set; where it differs, the reader has moved meanwhile. */
    #top = 0;
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
            if (row instanceof HTMLElement && row.dataset["key"] !== undefined) this.#heights.measure(row.dataset["key"], row.getBoundingClientRect().height);
        }
        this.#follow(box, list);
        const place = this.#place(box, list);
        if (place.top !== null) box.scrollTop = place.top;
        this.#top = box.scrollTop;
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

    /** The browser scrolls first and tells later: what the reader has moved by since must not be undone. */
    #follow(box: HTMLElement, list: HTMLElement): void {
        const moved = box.scrollTop - this.#top;
        // A list that got shorter is moved by the browser itself.
        if (moved === 0 || this.#top > box.scrollHeight - box.clientHeight) return;
        const { top } = this.#place(box, list);
        if (this.#anchor === "end") this.#note(box, list);
        else if (top !== null) this.#anchor = this.#rowAt(top + moved, list);
    }

    /** Where the window belongs, and whether that is known for certain. */
    #place(box: HTMLElement, list: HTMLElement): { top: number | null; settled: boolean } {
        const anchor = this.#anchor;
        if (anchor === "end") return { top: box.scrollHeight, settled: true };
        const row = list.querySelector<HTMLElement>(`:scope > [data-key="${CSS.escape(anchor.key)}"]`);
        if (row) return { top: row.offsetTop - anchor.gap, settled: true };
        const index = this.#heights.indexOf(anchor.key);
        if (index < 0) return { top: null, settled: true };
        return { top: this.#begin(list) + this.#heights.offset(index) - anchor.gap, settled: false };
    }

    /** Where the first row of all would stand: below what stands before the rows. */
    #begin(list: HTMLElement): number {
        const first = list.firstElementChild;
        const key = first instanceof HTMLElement ? first.dataset["key"] : undefined;
        const index = key === undefined ? -1 : this.#heights.indexOf(key);
        return index < 0 ? 0 : list.offsetTop - this.#heights.offset(index);
    }

    /**
     * Asks for the rows that should exist for this place. Half of the margin may be used up before more are asked for: a row
     * more or less for each pixel would be much work, and heights that turn out differently could ask for two ranges in turn.
     */
    #cover(top: number): void {
        const bottom = top + (this.#box?.clientHeight ?? 0);
        const now = this.getSnapshot();
        const needed = this.#heights.between(top - MARGIN_PX / 2, bottom + MARGIN_PX / 2);
        const next = this.#heights.between(top - MARGIN_PX, bottom + MARGIN_PX);
        const enough = now.start <= needed.start && now.end >= needed.end;
        const tooMuch = now.end - now.start > 2 * (next.end - next.start);
        if (!enough || tooMuch) this.publish(next);
    }

    /** Notes what the reader looks at, so that it can be kept in its place. */
    #note(box: HTMLElement, list: HTMLElement): void {
        this.#top = box.scrollTop;
        const left = box.scrollHeight - box.scrollTop - box.clientHeight;
        const atEnd = left <= END_PX;
        const row = topRow(box, list);
        const key = row?.dataset["key"];
        if (atEnd && this.#events?.whole !== false) this.#anchor = "end";
        else if (row && key !== undefined) this.#anchor = { key, gap: row.offsetTop - box.scrollTop };
        else this.#anchor = this.#rowAt(box.scrollTop, list);
        if (atEnd !== this.#atEnd) {
            this.#atEnd = atEnd;
            this.#events?.onAtEnd(atEnd);
        }
        if (box.scrollTop < MARGIN_PX) this.#events?.onStart();
        if (left < MARGIN_PX) this.#events?.onEnd();
    }

    /** The row at this place, by what is known of heights: it need not exist yet, for whoever scrolls far at once. */
    #rowAt(top: number, list: HTMLElement): Anchor {
        const place = top - this.#begin(list);
        const index = this.#heights.indexAt(place);
        const key = this.#heights.key(index);
        return key === null ? this.#anchor : { key, gap: this.#heights.offset(index) - place };
    }
}

/**
 * The first row that reaches into the window, if possible one that stays among its neighbors: the line of a day, say, goes
 * up to the first message of that day with each page that is loaded, and would take the reader with it.
 */
function topRow(box: HTMLElement, list: HTMLElement): HTMLElement | null {
    let first: HTMLElement | null = null;
    for (const row of list.children) {
        if (!(row instanceof HTMLElement) || row.offsetTop + row.offsetHeight <= box.scrollTop) continue;
        if (row.offsetTop >= box.scrollTop + box.clientHeight) break;
        if (row.dataset["steady"] !== undefined) return row;
        first ??= row;
    }
    return first;
}
