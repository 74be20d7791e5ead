/** Files of messages and avatars as addresses for `<img>` and the like. */
import { type ProblemCode, problemOf } from "@veche/protocol";
import type { MediaSource, Size } from "@veche/protocol/engine";
import { useEffect, useState } from "react";
import { useRunning } from "../../app/context";

export interface Shown {
    readonly url: string | null;
    readonly problem: ProblemCode | null;
}

const keyOf = (source: MediaSource | null, size: Size | null): string =>
    source ? `${source.mxc} ${size ? `${size.width}x${size.height}` : ""}` : "";

/** The address of a file, or of a smaller picture of it; null until it is there. Null as source: nothing is fetched. */
export function useMedia(source: MediaSource | null, size: Size | null = null): Shown {
    const media = useRunning()?.media ?? null;
    const key = keyOf(source, size);
    const [loaded, setLoaded] = useState<Shown & { readonly key: string }>({ key: "", url: null, problem: null });
    useEffect(() => {
        if (!source || !media) return undefined;
        let here = true;
        media.show(source, size).then(
            (url) => {
                if (here) setLoaded({ key, url, problem: null });
            },
            (thrown: unknown) => {
                if (here) setLoaded({ key, url: null, problem: problemOf(thrown).code });
            },
        );
        return () => {
            here = false;
            media.release(source, size);
        };
        // The key says everything that matters of the two objects.
        // eslint-disable-next-line react-hooks/exhaustive-deps
    }, [media, key]);
    const known = loaded.key === key;
    return { url: (source && media?.peek(source, size)) ?? (known ? loaded.url : null), problem: known ? loaded.problem : null };
}
