/** Something that takes a while and may fail: its button is busy meanwhile, and the reason is told. */
import { useCallback, useRef, useState } from "react";
import { useT } from "./context";
import { thrownText } from "./problems";

export interface Task {
    readonly busy: boolean;
    /** Why the last run failed; null: it did not. */
    readonly error: string | null;
    /** Runs it unless it runs already, and says whether it went well. */
    readonly run: (work: () => Promise<void>) => Promise<boolean>;
    clear(): void;
}

export function useTask(): Task {
    const t = useT();
    const [busy, setBusy] = useState(false);
    const [error, setError] = useState<string | null>(null);
    const running = useRef(false);
    const run = useCallback(
        async (work: () => Promise<void>) => {
            if (running.current) return false;
            running.current = true;
            setBusy(true);
            setError(null);
            try {
                await work();
                return true;
            } catch (thrown) {
                setError(thrownText(t, thrown));
                return false;
            } finally {
                running.current = false;
                setBusy(false);
            }
        },
        [t],
    );
    const clear = useCallback(() => {
        setError(null);
    }, []);
    return { busy, error, run, clear };
}
