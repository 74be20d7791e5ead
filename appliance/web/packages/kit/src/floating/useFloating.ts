/** Puts an element into the browser's top layer, beside its anchor, and keeps it there while the page moves. */
import { type RefObject, useLayoutEffect, useRef } from "react";
import type { Placement } from "../types";
import { type Rect, place } from "./place";

/** What an element floats beside: another element, or a point. */
export type Anchor = () => Rect | null;

interface Options {
    readonly placement: Placement;
    readonly gap: number;
    /** At least as wide as its anchor: for lists below a field. */
    readonly matchWidth?: boolean;
}

/** For the panel's `ref`; the panel is drawn only while it is open and has `popover="manual"`. */
export function useFloating<E extends HTMLElement>(
    anchor: Anchor,
    { placement, gap, matchWidth = false }: Options,
): RefObject<E | null> {
    const panel = useRef<E>(null);
    useLayoutEffect(() => {
        const element = panel.current;
        if (element === null) {
            return undefined;
        }
        element.showPopover();
        const update = (): void => {
            const around = anchor();
            if (around === null) {
                return;
            }
            if (matchWidth) {
                element.style.minWidth = `${around.width}px`;
            }
            element.style.maxHeight = "";
            const { width, height } = element.getBoundingClientRect();
            const viewport = { width: document.documentElement.clientWidth, height: window.innerHeight };
            const found = place({ anchor: around, size: { width, height }, viewport, placement, gap });
            element.style.left = `${found.left}px`;
            element.style.top = `${found.top}px`;
            element.style.maxHeight = `${found.heightMax}px`;
        };
        update();
        const observer = new ResizeObserver(update);
        observer.observe(element);
        window.addEventListener("resize", update);
        // Whatever scrolls, also a part of the page.
        window.addEventListener("scroll", update, { capture: true, passive: true });
        return () => {
            observer.disconnect();
            window.removeEventListener("resize", update);
            window.removeEventListener("scroll", update, { capture: true });
        };
    }, [anchor, placement, gap, matchWidth]);
    return panel;
}
