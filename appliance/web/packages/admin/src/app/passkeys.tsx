/** A passkey in place of a password, wherever this browser can show one. */
import { Banner, Button } from "@veche/kit";
import { isPasskeyProof } from "@veche/protocol";
import { useEffect, useState } from "react";
import { useServices, useT } from "./context";
import { useTask } from "./use_task";

/** Whether passkeys are shown on this page; no until the server has said it. */
export function usePasskeysHere(): boolean {
    const { session } = useServices();
    const [work, setWork] = useState(false);
    useEffect(() => {
        let here = true;
        void session.passkeysHere().then((answer) => {
            if (here) setWork(answer);
        });
        return () => {
            here = false;
        };
    }, [session]);
    return work;
}

interface PasskeyInsteadProps {
    /** What the password field holds. */
    readonly password: string;
    /** Puts a proof where the password was to be typed. */
    readonly onProof: (proof: string) => void;
}

/** Under a field for one's own password: shows a passkey instead, for those who have one. */
export function PasskeyInstead({ password, onProof }: PasskeyInsteadProps) {
    const t = useT();
    const { session } = useServices();
    const task = useTask();
    const state = session.getSnapshot();
    const work = usePasskeysHere();
    if (!work || state.phase !== "ready" || !state.me.passkey) return null;
    const show = () => void task.run(async () => { onProof((await session.proveByPasskey()).proof); });
    if (isPasskeyProof(password)) return <Banner tone="success">{t("passkey.shown")}</Banner>;
    return (
        <>
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            <Button size="small" variant="ghost" icon="key" busy={task.busy} onClick={show}>
                {t("passkey.instead")}
            </Button>
        </>
    );
}
