/** What this is, and what helps those who help. */
import { Button, CopyField } from "@veche/kit";
import { logLines } from "@veche/protocol/engine";
import { useEngine, useStore, useT } from "../../../app/context";
import { saveBlob } from "../../media/save";
import styles from "./pages.module.css";

export function About() {
    const t = useT();
    const { account } = useEngine();
    const { deviceId } = useStore(account);
    const save = () => {
        saveBlob(new Blob([logLines()], { type: "text/plain" }), "veche-log.txt");
    };
    return (
        <section className={styles.section}>
            <p className={styles.text}>{t("about.text")}</p>
            <CopyField label={t("about.server")} value={location.origin} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
            <CopyField label={t("about.device")} value={deviceId} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
            <p className={styles.text}>{t("about.log")}</p>
            <div className={styles.actions}>
                <Button icon="download" onClick={save}>
                    {t("about.saveLog")}
                </Button>
            </div>
        </section>
    );
}
