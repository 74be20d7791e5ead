/** Tells the list of accounts what the open one is called, so that it can be chosen by its name from another one. */
import { useEffect } from "react";
import { useEngine, useServices, useStore } from "../app/context";

export function AccountName() {
    const { session } = useServices();
    const { account } = useEngine();
    const { name } = useStore(account);
    useEffect(() => {
        session.name(name).catch(() => undefined);
    }, [session, name]);
    return null;
}
