/** No network: said in one line, with what is done about it. */
import { Icon } from "@veche/kit";
import type { Engine } from "@veche/protocol/engine";
import { useRunning, useStore, useT } from "../../app/context";
import styles from "./RoomList.module.css";

export function ConnectionBar() {
    const engine = useRunning();
    return engine ? <Running connection={engine.connection} /> : <Connecting />;
}

function Connecting() {
    const t = useT();
    return <div className={styles.connecting} role="status">{t("connection.connecting")}</div>;
}

function Running({ connection }: Pick<Engine, "connection">) {
    const t = useT();
    const { state } = useStore(connection);
    if (state === "online") return null;
    if (state === "connecting") return <Connecting />;
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
