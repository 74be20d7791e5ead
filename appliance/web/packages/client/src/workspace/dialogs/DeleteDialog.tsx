/** Deleting a message for everybody. */
import { Banner, Button, Dialog, TextField } from "@veche/kit";
import { bodyOf } from "@veche/protocol/engine";
import { useState } from "react";
import { useEngine, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { bodyLine } from "../message/body_text";
import { useUi } from "../ui/ui_store";
import styles from "./dialogs.module.css";

export default function DeleteDialog({ roomId, eventId }: { readonly roomId: string; readonly eventId: string }) {
    const t = useT();
    const ui = useUi();
    const engine = useEngine();
    const task = useTask();
    const [reason, setReason] = useState("");
    const event = engine.event(roomId, eventId);
    const others = event?.getSender() !== engine.me;
    const remove = async () => {
        if (await task.run(() => engine.actions.redact(roomId, eventId, reason))) ui.close();
    };
    return (
        <Dialog
            open
            size="small"
            onClose={ui.close}
            title={t("delete.title")}
            closeLabel={t("common.close")}
            description={t("delete.text")}
            onSubmit={() => void remove()}
            actions={
                <>
                    <Button variant="ghost" onClick={ui.close}>
                        {t("common.cancel")}
                    </Button>
                    <Button type="submit" variant="danger" busy={task.busy} autoFocus>
                        {t("delete.submit")}
                    </Button>
                </>
            }
        >
            <div className={styles.stack}>
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                {event && <p className={styles.quote}>{bodyLine(t, bodyOf(event))}</p>}
                {others && <TextField label={t("delete.reason")} value={reason} onChange={setReason} maxLength={200} />}
            </div>
        </Dialog>
    );
}
