/** Asks before the page is left while files are on their way: they are nowhere but in this page. */
import { useEffect } from "react";
import { useEngine, useStore } from "../../app/context";

export function Leaving() {
    const uploads = useStore(useEngine().uploads);
    const busy = uploads.some(({ step }) => step !== "failed");
    useEffect(() => {
        if (!busy) return;
        // The browser asks in its own words.
        const ask = (event: BeforeUnloadEvent) => { event.preventDefault(); };
        window.addEventListener("beforeunload", ask);
        return () => {
            window.removeEventListener("beforeunload", ask);
        };
    }, [busy]);
    return null;
}
