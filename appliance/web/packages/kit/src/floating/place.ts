/** Where something that floats (menu, tooltip, list) goes, so that it can be seen. Pure: rectangles in, position out. */
import type { Placement } from "../types";

/** A rectangle of the window. */
export interface Rect {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
}

/** What is to be placed. */
export interface Wish {
    /** What it belongs to. */
    readonly anchor: Rect;
    /** How large it would like to be. */
    readonly size: { readonly width: number; readonly height: number };
    /** The window. */
    readonly viewport: { readonly width: number; readonly height: number };
    readonly placement: Placement;
    /** Pixels between it and its anchor. */
    readonly gap: number;
}

/** Where it goes, in pixels of the window, and how high it may be there. */
export interface Place {
    readonly left: number;
    readonly top: number;
    readonly heightMax: number;
}

/** Pixels that stay free at the edges of the window. */
const MARGIN = 8;
/** A list lower than this is of no use; then it rather covers its anchor. */
const HEIGHT_MIN = 120;

type Side = "top" | "bottom" | "start" | "end";

const OPPOSITE: Readonly<Record<Side, Side>> = { top: "bottom", bottom: "top", start: "end", end: "start" };

/**
 * On the wished side if there is room, else on the opposite one if there is more, always inside of the window; higher than
 * the room it gets, it has to scroll.
 */
export function place(wish: Wish): Place {
    const [wished, alignment] = wish.placement.split("-") as [Side, "start" | "end" | undefined];
    const side = betterSide(wish, wished);
    const { anchor, size, viewport, gap } = wish;
    if (side === "start" || side === "end") {
        const heightMax = viewport.height - 2 * MARGIN;
        const height = Math.min(size.height, heightMax);
        const left = side === "start" ? anchor.left - gap - size.width : anchor.left + anchor.width + gap;
        return {
            left: within(left, size.width, viewport.width),
            top: within(anchor.top + anchor.height / 2 - height / 2, height, viewport.height),
            heightMax,
        };
    }
    const heightMax = Math.max(HEIGHT_MIN, room(wish, side) - MARGIN);
    const height = Math.min(size.height, heightMax);
    const top = side === "top" ? anchor.top - gap - height : anchor.top + anchor.height + gap;
    return {
        left: within(alongEdge(anchor, size.width, alignment), size.width, viewport.width),
        top: within(top, height, viewport.height),
        heightMax,
    };
}

function betterSide(wish: Wish, wished: Side): Side {
    const needed = (wished === "start" || wished === "end" ? wish.size.width : wish.size.height) + MARGIN;
    const [here, there] = [room(wish, wished), room(wish, OPPOSITE[wished])];
    return here >= needed || here >= there ? wished : OPPOSITE[wished];
}

/** How many pixels there are on a side of the anchor, after the gap. */
function room({ anchor, viewport, gap }: Wish, side: Side): number {
    switch (side) {
        case "top":
            return anchor.top - gap;
        case "bottom":
            return viewport.height - anchor.top - anchor.height - gap;
        case "start":
            return anchor.left - gap;
        case "end":
            return viewport.width - anchor.left - anchor.width - gap;
    }
}

function alongEdge(anchor: Rect, width: number, alignment: "start" | "end" | undefined): number {
    switch (alignment) {
        case "start":
            return anchor.left;
        case "end":
            return anchor.left + anchor.width - width;
        case undefined:
            return anchor.left + anchor.width / 2 - width / 2;
    }
}

/** Moves a length so that it lies inside of the window; where it cannot, its beginning does. */
function within(start: number, length: number, viewport: number): number {
    return Math.max(MARGIN, Math.min(start, viewport - MARGIN - length));
}
