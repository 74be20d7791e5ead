/** Closes what floats when somebody presses elsewhere or Escape. */
import { type RefObject, useEffect, useEffectEvent } from "react";

/** What floats now, in the order in which it opened: Escape is for the last one. */
const open: object[] = [];

/** `inside`: pressing these does not close it. */
export function useDismiss(inside: readonly RefObject<HTMLElement | null>[], onDismiss: () => void): void {
    const dismiss = useEffectEvent(onDismiss);
    const isInside = useEffectEvent((target: EventTarget | null) =>
        inside.some(({ current }) => target instanceof Node && current?.contains(target)),
    );
    useEffect(() => {
        const self = {};
        open.push(self);
        const press = (event: PointerEvent): void => {
            if (!isInside(event.target)) {
                dismiss();
            }
        };
        const key = (event: KeyboardEvent): void => {
            if (event.key === "Escape" && !event.defaultPrevented && open[open.length - 1] === self) {
                // A dialog below would take the same key for its own.
                event.preventDefault();
                event.stopPropagation();
                dismiss();
            }
        };
        document.addEventListener("pointerdown", press, true);
        document.addEventListener("keydown", key, true);
        return () => {
            open.splice(open.indexOf(self), 1);
            document.removeEventListener("pointerdown", press, true);
            document.removeEventListener("keydown", key, true);
        };
    }, []);
}
