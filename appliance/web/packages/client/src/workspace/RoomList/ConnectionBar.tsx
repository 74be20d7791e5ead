/** No network: said in one line, with what is done about it. */
import { Icon } from "@veche/kit";
import { useEngine, useStore, useT } from "../../app/context";
import styles from "./RoomList.module.css";

export function ConnectionBar() {
    const t = useT();
    const { connection } = useEngine();
    const { state } = useStore(connection);
    if (state === "online") return null;
    if (state === "connecting") return <div className={styles.connecting} role="status">{t("connection.connecting")}</div>;
    return (
        <div className={styles.offline} role="status">
            <Icon name="wifi-off" size={16} />
            <span>{t("connection.offline")}</span>
            <button type="button" className={styles.retry} onClick={() => { connection.retry(); }}>
                {t("common.retry")}
            </button>
        </div>
    );
}
