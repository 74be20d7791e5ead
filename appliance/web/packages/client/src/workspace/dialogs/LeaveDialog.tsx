/** Leaving a room. */
import { Banner, Button, Dialog } from "@veche/kit";
import { useEngine, useRouter, useStore, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { useUi } from "../ui/ui_store";
import styles from "./dialogs.module.css";

export default function LeaveDialog({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const ui = useUi();
    const router = useRouter();
    const engine = useEngine();
    const room = useStore(engine.rooms).byId.get(roomId);
    const task = useTask();
    const leave = async () => {
        if (!(await task.run(() => engine.actions.leave(roomId)))) return;
        ui.close();
        const route = router.getSnapshot();
        if (route.page === "room" && route.roomId === roomId) router.replace({ page: "home" });
    };
    return (
        <Dialog
            open
            size="small"
            onClose={ui.close}
            title={t("leave.title", { name: room?.name ?? "" })}
            closeLabel={t("common.close")}
            description={room?.open === true ? t("leave.textOpen") : t("leave.text")}
            actions={
                <>
                    <Button variant="ghost" onClick={ui.close}>
                        {t("common.cancel")}
                    </Button>
                    <Button variant="danger" busy={task.busy} onClick={() => void leave()} autoFocus>
                        {t("leave.submit")}
                    </Button>
                </>
            }
        >
            <div className={styles.stack}>{task.error !== null && <Banner tone="danger">{task.error}</Banner>}</div>
        </Dialog>
    );
}
