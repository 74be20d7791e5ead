/** What the window is like: its width, what points at it, what its owner prefers. */
import { useCallback, useSyncExternalStore } from "react";

/** Whether the query (`"(max-width: 40rem)"`) holds, now and whenever it changes. */
export function useMediaQuery(query: string): boolean {
    const subscribe = useCallback(
        (listener: () => void) => {
            const list = window.matchMedia(query);
            list.addEventListener("change", listener);
            return () => {
                list.removeEventListener("change", listener);
            };
        },
        [query],
    );
    return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}
