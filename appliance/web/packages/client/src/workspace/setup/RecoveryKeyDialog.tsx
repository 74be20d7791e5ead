/** Another recovery key, or the first one of an account whose keys are nowhere kept yet. */
import { Banner, Button, Dialog, Spinner } from "@veche/kit";
import { useState } from "react";
import { useEngine, useStore, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { useUi } from "../ui/ui_store";
import { usePassword } from "./PasswordPrompt";
import { RecoveryKeyView } from "./RecoveryKeyView";
import { useNewKey } from "./use_new_key";
import styles from "./setup.module.css";

export default function RecoveryKeyDialog() {
    const t = useT();
    const ui = useUi();
    const { encryption } = useEngine();
    const { need } = useStore(encryption);
    const task = useTask();
    const key = useNewKey();
    const { ask, prompt } = usePassword();
    const [kept, setKept] = useState(false);
    // Chosen when the dialog opens: finishing changes what is needed.
    const [first] = useState(need === "backup");
    const finish = async () => {
        if (!key) return;
        const work = () => (first ? encryption.setUp(key, ask) : encryption.changeRecoveryKey(key));
        if (await task.run(work)) ui.close();
    };
    return (
        <>
            <Dialog
                open
                onClose={ui.close}
                title={first ? t("recoveryKey.firstTitle") : t("recoveryKey.newTitle")}
                description={first ? t("recoveryKey.firstText") : t("recoveryKey.newText")}
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
