/** Asks from time to time what waits in the accounts that are not open. */
import { lookNowAndAgain } from "@veche/protocol";
import { useEffect } from "react";
import { useServices, useStore } from "../app/context";

export function LookAround() {
    const { session } = useServices();
    const { profiles, active } = useStore(session.accounts);
    const several = profiles.length > 1;
    useEffect(() => {
        // Anew when another one is open: what is known of the one that was is old.
        if (!several || active === null) return undefined;
        return lookNowAndAgain(() => session.lookAround());
    }, [session, several, active]);
    return null;
}
