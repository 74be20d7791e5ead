/** How far a message of mine has come, as long as it has not arrived. */
import { Button, Icon } from "@veche/kit";
import type { Message } from "@veche/protocol/engine";
import { useEngine, useT } from "../../../app/context";
import { problemText } from "../../../app/problems";
import styles from "./MessageRow.module.css";

export function Delivery({ message, roomId }: { readonly message: Message; readonly roomId: string }) {
    const t = useT();
    const { actions } = useEngine();
    if (message.delivery === "sent" || message.delivery === "sending") return null;
    if (message.delivery === "waiting") {
        // A file says it itself.
        if (message.body.kind === "outgoing") return null;
        return (
            <p className={styles.waiting}>
                <Icon name="clock" size={12} /> {t("delivery.waiting")}
                <Button size="small" variant="ghost" onClick={() => { actions.discard(roomId, message.eventId); }}>
                    {t("delivery.cancel")}
                </Button>
            </p>
        );
    }
    return (
        <div className={styles.failed} role="alert">
            <Icon name="error" size={16} />
            <span>{t("delivery.failed", { reason: problemText(t, message.problem ?? "unknown") })}</span>
            <Button size="small" icon="refresh" onClick={() => { actions.resend(roomId, message.eventId); }}>
                {t("common.retry")}
            </Button>
            <Button size="small" variant="ghost" icon="trash" onClick={() => { actions.discard(roomId, message.eventId); }}>
                {t("delivery.discard")}
            </Button>
        </div>
    );
}
