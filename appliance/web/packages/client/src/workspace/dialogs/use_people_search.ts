/** Searching people while somebody types. */
import type { PersonFound } from "@veche/protocol/engine";
import { useEffect, useState } from "react";
import { useEngine, useT } from "../../app/context";
import { thrownText } from "../../app/problems";

/** Typing pauses this long before the server is asked. */
const PAUSE_MS = 200;

export interface PeopleSearch {
    readonly found: readonly PersonFound[];
    readonly busy: boolean;
    readonly error: string | null;
}

export function usePeopleSearch(query: string): PeopleSearch {
    const t = useT();
    const { people } = useEngine();
    const [result, setResult] = useState<PeopleSearch & { readonly query: string }>(() => ({ query: "", found: people.known(), busy: false, error: null }));
    const wanted = query.trim();
    useEffect(() => {
        let here = true;
        const timer = setTimeout(() => {
            people.search(wanted).then(
                (found) => {
                    if (here) setResult({ query: wanted, found, busy: false, error: null });
                },
                (thrown: unknown) => {
                    if (here) setResult({ query: wanted, found: [], busy: false, error: thrownText(t, thrown) });
                },
            );
        }, PAUSE_MS);
        return () => {
            here = false;
            clearTimeout(timer);
        };
    }, [people, wanted, t]);
    return { ...result, busy: result.query !== wanted };
}
