/** A passkey in place of a password, wherever this browser can show one. */
import { Banner, Button } from "@veche/kit";
import { Homeserver, isPasskeyProof, passkeysWorkHere } from "@veche/protocol";
import { useEffect, useState } from "react";
import { useT } from "./context";
import { useTask } from "./use_task";
import styles from "./passkeys.module.css";

/** Whether passkeys are made and shown on this page; no until the server has said it. */
export function usePasskeysHere(): boolean {
    const [work, setWork] = useState(false);
    useEffect(() => {
        let here = true;
        void new Homeserver(location.origin).passkeyName().then((name) => {
            if (here) setWork(passkeysWorkHere(name));
        });
        return () => {
            here = false;
        };
    }, []);
    return work;
}

interface PasskeyInsteadProps {
    /** What the password field holds. */
    readonly password: string;
    /** Puts a proof where the password was to be typed. */
    readonly onProof: (proof: string) => void;
}

/** Under a field for one's own password: shows a passkey instead, and says that it was shown. */
export function PasskeyInstead({ password, onProof }: PasskeyInsteadProps) {
    const t = useT();
    const task = useTask();
    const work = usePasskeysHere();
    if (!work) return null;
    const show = () => void task.run(async () => {
        const { proof } = await new Homeserver(location.origin).proveByPasskey();
        onProof(proof);
    });
    return (
        <div className={styles.instead}>
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            {isPasskeyProof(password) ? (
                <Banner tone="success">{t("passkey.shown")}</Banner>
            ) : (
                <Button size="small" variant="ghost" icon="key" busy={task.busy} onClick={show}>
                    {t("passkey.instead")}
                </Button>
            )}
        </div>
    );
}
