/** How things stand with the account's keys, and what is left to do. */
import { Badge, Banner, Button } from "@veche/kit";
import { useEngine, useStore, useT } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import { useUi } from "../../ui/ui_store";
import styles from "./pages.module.css";

export function Encryption() {
    const t = useT();
    const ui = useUi();
    const { encryption } = useEngine();
    const { need, verified, backupVersion, keysToBackUp, restoring, problem } = useStore(encryption);
    const task = useTask();
    return (
        <>
            <section className={styles.section}>
                {need === "nothing" && <Banner tone="success">{t("encryption.good")}</Banner>}
                {need === "recover" && (
                    <Banner tone="warning" action={<Button onClick={() => { ui.open({ kind: "recover" }); }}>{t("encryptionBanner.recoverAction")}</Button>}>
                        {t("encryptionBanner.recover")}
                    </Banner>
                )}
                {need === "backup" && (
                    <Banner tone="warning" action={<Button onClick={() => { ui.open({ kind: "recoveryKey" }); }}>{t("encryptionBanner.backupAction")}</Button>}>
                        {t("encryptionBanner.backup")}
                    </Banner>
                )}
                {problem !== null && <Banner tone="danger" action={<Button onClick={() => void encryption.look()}>{t("common.retry")}</Button>}>{t(`problem.${problem}`)}</Banner>}
                <p className={styles.text}>{t("encryption.text")}</p>
                <div className={styles.device}>
                    <span className={styles.words}>{t("encryption.device")}</span>
                    <Badge tone={verified ? "success" : "warning"} icon={verified ? "shield-check" : "shield-alert"}>
                        {verified ? t("devices.verified") : t("devices.unverified")}
                    </Badge>
                </div>
                <div className={styles.device}>
                    <span className={styles.words}>
                        {t("encryption.backup")}
                        {keysToBackUp > 0 && <span className={styles.hint}>{t("encryption.waiting", { count: keysToBackUp })}</span>}
                    </span>
                    <Badge tone={backupVersion === null ? "warning" : "success"}>{backupVersion === null ? t("encryption.backupOff") : t("encryption.backupOn")}</Badge>
                </div>
            </section>
            {need === "nothing" && (
                <section className={styles.section}>
                    <h3 className={styles.title}>{t("encryption.key")}</h3>
                    <p className={styles.text}>{t("encryption.keyText")}</p>
                    <div className={styles.actions}>
                        <Button icon="key" onClick={() => { ui.open({ kind: "recoveryKey" }); }}>
                            {t("encryption.newKey")}
                        </Button>
                        <Button icon="download" busy={task.busy || restoring !== null} onClick={() => void task.run(() => encryption.restore())}>
                            {t("encryption.restore")}
                        </Button>
                    </div>
                </section>
            )}
        </>
    );
}
