/** Keys that do something wherever the focus is. */
import { useEffect, useEffectEvent } from "react";
import { isTyping, matches } from "../keys";

/** What each combination does (`"Mod+K"`, `"Escape"`, `"?"`). */
export type Hotkeys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

export interface HotkeyOptions {
    readonly enabled?: boolean;
    /** Also while somebody types. Without it, combinations with `Mod` work there and single keys do not. */
    readonly inFields?: boolean;
}

/** Listens while the component is there. Who handles a key keeps the browser from doing so. */
export function useHotkeys(hotkeys: Hotkeys, { enabled = true, inFields = false }: HotkeyOptions = {}): void {
    const press = useEffectEvent((event: KeyboardEvent) => {
        // A composed letter (Chinese, an accent) is no key of ours, and somebody nearer may have used it already.
        if (event.defaultPrevented || event.isComposing) {
            return;
        }
        const found = Object.entries(hotkeys).find(([combination]) => matches(event, combination));
        if (found === undefined) {
            return;
        }
        const [combination, action] = found;
        if (isTyping(event.target) && !inFields && !combination.startsWith("Mod+")) {
            return;
        }
        event.preventDefault();
        action(event);
    });
    useEffect(() => {
        if (!enabled) {
            return undefined;
        }
        const listener = (event: KeyboardEvent): void => {
            press(event);
        };
        document.addEventListener("keydown", listener);
        return () => {
            document.removeEventListener("keydown", listener);
        };
    }, [enabled]);
}
