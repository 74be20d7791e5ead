/** Who has read up to here: a few small faces; all of them with their times when pressed. */
import type { Message } from "@veche/protocol/engine";
import { useT } from "../../../app/context";
import { PersonAvatar } from "../../Avatars/Avatars";
import { useUi } from "../../ui/ui_store";
import styles from "./MessageRow.module.css";

const FACES_MAX = 4;

interface Props {
    readonly message: Message;
    readonly roomId: string;
    readonly threadId: string | null;
}

export function ReadBy({ message, roomId, threadId }: Props) {
    const t = useT();
    const ui = useUi();
    const { readBy } = message;
    if (readBy.length === 0) return null;
    const names = readBy.map((mark) => mark.name).join(", ");
    return (
        <button
            type="button"
            className={styles.readBy}
            aria-label={t("message.readBy", { names })}
            title={names}
            onClick={() => { ui.open({ kind: "readBy", roomId, eventId: message.eventId, threadId }); }}
        >
            {readBy.slice(-FACES_MAX).map((mark) => (
                <PersonAvatar key={mark.id} id={mark.id} name={mark.name} picture={mark.avatar} size={16} />
            ))}
            {readBy.length > FACES_MAX && <span>+{readBy.length - FACES_MAX}</span>}
        </button>
    );
}
