/** The ways to encrypted history: recovery key, another device, and giving the old keys up. */
import { Banner, Button, ProgressBar, TextField } from "@veche/kit";
import { type SubmitEvent, useEffect, useState } from "react";
import { useEngine, useStore, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { usePassword } from "./PasswordPrompt";
import { RecoveryKeyView } from "./RecoveryKeyView";
import { useNewKey } from "./use_new_key";
import styles from "./setup.module.css";

interface Props {
    readonly onDone: () => void;
    readonly laterLabel: string;
}

export function RecoverSteps({ onDone, laterLabel }: Props) {
    const { encryption, verification } = useEngine();
    const [resetting, setResetting] = useState(false);
    const verified = useStore(verification);
    const { need, restoring } = useStore(encryption);
    const compared = verified.phase === "done" && verified.self;
    useEffect(() => {
        // The other device has vouched for this one and sends the keys.
        if (compared || need === "nothing") onDone();
    }, [compared, need, onDone]);
    if (restoring) return <Restoring />;
    if (resetting) return <Reset onDone={onDone} onBack={() => { setResetting(false); }} />;
    return <Choose onDone={onDone} laterLabel={laterLabel} onReset={() => { setResetting(true); }} />;
}

function Restoring() {
    const t = useT();
    const { restoring } = useStore(useEngine().encryption);
    const part = restoring && restoring.total > 0 ? { value: restoring.done / restoring.total, detail: `${restoring.done} / ${restoring.total}` } : {};
    return (
        <div className={styles.stack}>
            <ProgressBar label={t("recover.restoring")} {...part} />
        </div>
    );
}

function Choose({ onDone, laterLabel, onReset }: Props & { readonly onReset: () => void }) {
    const t = useT();
    const { encryption, verification } = useEngine();
    const { otherDevices } = useStore(encryption);
    const task = useTask();
    const [key, setKey] = useState("");
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        event.stopPropagation();
        if (await task.run(() => encryption.recover(key))) onDone();
    };
    return (
        <form className={styles.stack} onSubmit={(event) => void submit(event)}>
            <TextField
                label={t("recover.key")}
                hint={t("recover.keyHint")}
                error={task.error ?? undefined}
                value={key}
                onChange={setKey}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                autoFocus
                size="large"
            />
            <Button type="submit" variant="primary" size="large" block busy={task.busy} disabled={key.trim() === ""}>
                {t("recover.submit")}
            </Button>
            {otherDevices > 0 && (
                <Button size="large" block icon="laptop" onClick={() => void verification.askOwnDevices()}>
                    {t("recover.otherDevice")}
                </Button>
            )}
            <div className={styles.aside}>
                <Button variant="ghost" onClick={onReset}>
                    {t("recover.lost")}
                </Button>
                <Button variant="ghost" onClick={onDone}>
                    {laterLabel}
                </Button>
            </div>
        </form>
    );
}

function Reset({ onDone, onBack }: { readonly onDone: () => void; readonly onBack: () => void }) {
    const t = useT();
    const { encryption } = useEngine();
    const task = useTask();
    const key = useNewKey();
    const { ask, prompt } = usePassword();
    const [kept, setKept] = useState(false);
    const [sure, setSure] = useState(false);
    const reset = async () => {
        if (key && (await task.run(() => encryption.reset(key, ask)))) onDone();
    };
    return (
        <div className={styles.stack}>
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            <Banner tone="warning" title={t("reset.title")}>
                {t("reset.text")}
            </Banner>
            {sure && key?.encodedPrivateKey !== undefined && <RecoveryKeyView recoveryKey={key.encodedPrivateKey} kept={kept} onKept={setKept} />}
            <div className={styles.aside}>
                <Button variant="ghost" onClick={onBack}>
                    {t("common.back")}
                </Button>
                {sure ? (
                    <Button variant="danger" busy={task.busy} disabled={!kept} onClick={() => void reset()}>
                        {t("reset.submit")}
                    </Button>
                ) : (
                    <Button variant="danger" onClick={() => { setSure(true); }}>
                        {t("reset.sure")}
                    </Button>
                )}
            </div>
            {prompt}
        </div>
    );
}
