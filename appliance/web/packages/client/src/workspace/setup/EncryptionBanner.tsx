/** Above the rooms while something about encryption is left to do. */
import { Banner, Button, ProgressBar } from "@veche/kit";
import { useEngine, useStore, useT } from "../../app/context";
import { useUi } from "../ui/ui_store";
import styles from "./setup.module.css";

export function EncryptionBanner() {
    const t = useT();
    const ui = useUi();
    const { need, restoring } = useStore(useEngine().encryption);
    if (restoring) {
        const value = restoring.total > 0 ? { value: restoring.done / restoring.total } : {};
        return (
            <div className={styles.banner}>
                <ProgressBar label={t("recover.restoring")} {...value} />
            </div>
        );
    }
    if (need !== "recover" && need !== "backup") return null;
    const open = () => { ui.open({ kind: need === "recover" ? "recover" : "recoveryKey" }); };
    return (
        <div className={styles.banner}>
            <Banner tone="warning" action={<Button size="small" onClick={open}>{t(`encryptionBanner.${need}Action`)}</Button>}>
                {t(`encryptionBanner.${need}`)}
            </Banner>
        </div>
    );
}
