/** The time of day for what is drawn. */
import { useSyncExternalStore } from "react";

/** Nothing that is shown changes faster than this. */
const TICK_MS = 30_000;

let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    timer ??= setInterval(() => {
        now = Date.now();
        for (const tell of [...listeners]) tell();
    }, TICK_MS);
    return () => {
        listeners.delete(listener);
        if (listeners.size > 0 || timer === null) return;
        clearInterval(timer);
        timer = null;
    };
}

/** Now, in milliseconds since 1970, to half a minute. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);
