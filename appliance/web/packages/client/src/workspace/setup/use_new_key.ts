/** A new recovery key, made once when it is first shown. */
import { useEffect, useState } from "react";
import { useEngine } from "../../app/context";

type NewKey = Awaited<ReturnType<ReturnType<typeof useEngine>["encryption"]["newRecoveryKey"]>>;

export function useNewKey(): NewKey | null {
    const { encryption } = useEngine();
    const [key, setKey] = useState<NewKey | null>(null);
    useEffect(() => {
        let here = true;
        void encryption.newRecoveryKey().then((made) => {
            if (here) setKey((before) => before ?? made);
        });
        return () => {
            here = false;
        };
    }, [encryption]);
    return key;
}
