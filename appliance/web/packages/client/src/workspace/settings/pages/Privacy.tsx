/** What others see of what I do. */
import { Switch } from "@veche/kit";
import { useServices, useSettings, useT } from "../../../app/context";
import styles from "./pages.module.css";

export function Privacy() {
    const t = useT();
    const { settings } = useServices();
    const { readReceipts, typing } = useSettings();
    return (
        <section className={styles.section}>
            <Switch label={t("privacy.receipts")} hint={t("privacy.receiptsHint")} checked={readReceipts} onChange={(on) => { settings.change({ readReceipts: on }); }} />
            <Switch label={t("privacy.typing")} hint={t("privacy.typingHint")} checked={typing} onChange={(on) => { settings.change({ typing: on }); }} />
        </section>
    );
}
