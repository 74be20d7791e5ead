/** A context menu by the right button of a mouse, the menu key, or a finger that stays. */
import { type MouseEvent, type PointerEvent, useRef } from "react";

/** As long as telephones take it. */
const PRESS_MS = 500;
/** A finger that moves further scrolls. */
const MOVE_PX_MAX = 10;

type Open = (at: { x: number; y: number }) => void;

export function useLongPress(open: Open) {
    const pressed = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
    const end = () => {
        if (pressed.current) clearTimeout(pressed.current.timer);
        pressed.current = null;
    };
    return {
        onContextMenu: (event: MouseEvent) => {
            // A link or a picture in a message keeps the browser's own menu, unless a key asked.
            event.preventDefault();
            end();
            open({ x: event.clientX, y: event.clientY });
        },
        onPointerDown: (event: PointerEvent) => {
            end();
            if (event.pointerType === "mouse") return;
            const at = { x: event.clientX, y: event.clientY };
            const timer = setTimeout(() => {
                pressed.current = null;
                open(at);
            }, PRESS_MS);
            pressed.current = { timer, ...at };
        },
        onPointerMove: (event: PointerEvent) => {
            const { x = 0, y = 0 } = pressed.current ?? {};
            if (Math.hypot(event.clientX - x, event.clientY - y) > MOVE_PX_MAX) end();
        },
        onPointerUp: end,
        onPointerCancel: end,
    };
}
