//! Many reasons to look again, one look.

/**
 * A function that runs `work` once, `delayMs` after the first of any number of calls. Between a burst of events and what
 * people see there is one computation instead of hundreds.
 */
export function coalesced(delayMs: number, work: () => void): { (): void; flush(): void; cancel(): void } {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const run = () => {
        timer = null;
        work();
    };
    const call = () => {
        timer ??= setTimeout(run, delayMs);
    };
    const cancel = () => {
        if (timer !== null) clearTimeout(timer);
        timer = null;
    };
    const flush = () => {
        if (timer === null) return;
        cancel();
        work();
    };
    return Object.assign(call, { flush, cancel });
}
