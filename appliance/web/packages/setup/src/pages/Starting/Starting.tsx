/** The server starts. */
import { ProgressBar } from "@veche/kit";
import { useT } from "../../app/context";
import { Frame } from "../Frame/Frame";
import styles from "./Starting.module.css";

export function Starting() {
    const t = useT();
    return (
        <Frame step="check" title={t("starting.title")} lead={t("starting.text")}>
            <div className={styles.progress} role="status">
                <ProgressBar label={t("starting.progress")} hideLabel />
            </div>
        </Frame>
    );
}
