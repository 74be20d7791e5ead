/** Where the focus may go. */
import type { KeyboardEvent } from "react";

const FOCUSABLE =
    'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]:not([tabindex="-1"])';

function focusable(element: HTMLElement): readonly HTMLElement[] {
    return [...element.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
        (candidate) => candidate.tabIndex >= 0 && candidate.checkVisibility(),
    );
}

/** The element that wants the focus (`autoFocus`), else the first that can have it. */
export function firstFocusable(element: HTMLElement | null): HTMLElement | undefined {
    if (element === null) {
        return undefined;
    }
    return element.querySelector<HTMLElement>("[data-autofocus]") ?? focusable(element)[0];
}

/** Lets Tab go round inside of an element. */
export function keepFocus(event: KeyboardEvent<HTMLElement>): void {
    if (event.key !== "Tab") {
        return;
    }
    const all = focusable(event.currentTarget);
    const [first, last] = [all[0], all[all.length - 1]];
    const [edge, other] = event.shiftKey ? [first, last] : [last, first];
    const atEdge = document.activeElement === edge || document.activeElement === event.currentTarget;
    if (other !== undefined && atEdge) {
        event.preventDefault();
        other.focus();
    }
}
