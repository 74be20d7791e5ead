/** The first sign-in of an account: its keys are made, and its user keeps the recovery key. */
import { Banner, Button, Dialog, Spinner } from "@veche/kit";
import { useState } from "react";
import { useEngine, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { usePassword } from "./PasswordPrompt";
import { RecoveryKeyView } from "./RecoveryKeyView";
import { useNewKey } from "./use_new_key";
import styles from "./setup.module.css";

export default function SetUp({ onDone }: { readonly onDone: () => void }) {
    const t = useT();
    const { encryption } = useEngine();
    const task = useTask();
    const key = useNewKey();
    const { ask, prompt } = usePassword();
    const [kept, setKept] = useState(false);
    const finish = async () => {
        if (key && (await task.run(() => encryption.setUp(key, ask)))) onDone();
    };
    return (
        <>
            <Dialog
                open
                dismissible={false}
                onClose={() => undefined}
                title={t("setup.title")}
                description={t("setup.text")}
                closeLabel={t("common.close")}
                actions={
                    <Button variant="primary" busy={task.busy} disabled={!kept || !key} onClick={() => void finish()}>
                        {t("setup.finish")}
                    </Button>
                }
            >
                <div className={styles.stack}>
                    {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                    {key?.encodedPrivateKey === undefined ? (
                        <Spinner label={t("common.loading")} />
                    ) : (
                        <RecoveryKeyView recoveryKey={key.encodedPrivateKey} kept={kept} onKept={setKept} />
                    )}
                </div>
            </Dialog>
            {prompt}
        </>
    );
}
