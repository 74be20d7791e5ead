/** Between signing in and the rooms: the account's keys are made or brought here first. */
import { Suspense, lazy, useState } from "react";
import { useEngine, useStore } from "../../app/context";

const SetUp = lazy(() => import("./SetUp"));
const Recover = lazy(() => import("./Recover"));

export function EncryptionGate() {
    const { encryption } = useEngine();
    const { need } = useStore(encryption);
    const [postponed, setPostponed] = useState(false);
    // What was begun stays until its user has seen the end of it.
    const [begun, setBegun] = useState<"setup" | "recover" | null>(null);
    if (need === "setup" && begun === null) setBegun("setup");
    if (need === "recover" && begun === null && !postponed) setBegun("recover");
    const done = () => {
        setBegun(null);
        setPostponed(true);
    };
    return (
        <Suspense fallback={null}>
            {begun === "setup" && <SetUp onDone={done} />}
            {begun === "recover" && <Recover onDone={done} />}
        </Suspense>
    );
}
