/** The server is asked how far it is. */
import { Spinner } from "@veche/kit";
import { useT } from "../../app/context";
import { Frame } from "../Frame/Frame";
import styles from "./Opening.module.css";

export function Opening() {
    const t = useT();
    return (
        <Frame title={t("app.setup")}>
            <div className={styles.wait}>
                <Spinner label={t("app.loading")} size="large" />
            </div>
        </Frame>
    );
}
