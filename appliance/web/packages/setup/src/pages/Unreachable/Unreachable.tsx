/** Nothing was heard of the server. The page goes on by itself when it is. */
import { ProgressBar } from "@veche/kit";
import { useT } from "../../app/context";
import { Frame } from "../Frame/Frame";
import styles from "../Starting/Starting.module.css";

export function Unreachable() {
    const t = useT();
    return (
        <Frame title={t("unreachable.title")} lead={t("unreachable.text")}>
            <div className={styles.progress}>
                <ProgressBar label={t("app.loading")} hideLabel />
            </div>
        </Frame>
    );
}
