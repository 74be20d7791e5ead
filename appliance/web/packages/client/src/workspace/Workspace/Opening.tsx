/** Where a page will be as soon as the session is open. */
import { ProgressBar } from "@veche/kit";
import { useRoomList, useRoute, useT } from "../../app/context";
import styles from "./Opening.module.css";

export function Opening() {
    const t = useT();
    const route = useRoute();
    const { byId } = useRoomList();
    const room = route.page === "room" ? byId.get(route.roomId) : undefined;
    return (
        <main className={styles.page} aria-busy="true" aria-label={room?.name}>
            <h1 className={styles.name}>{room?.name ?? t("app.name")}</h1>
            <div className={styles.progress}>
                <ProgressBar label={t(room ? "loading.stores" : "loading.code")} />
            </div>
        </main>
    );
}
