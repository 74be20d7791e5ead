/** An invitation in the list. */
import type { RoomEntry } from "@veche/protocol/engine";
import { Button } from "@veche/kit";
import { useRouter, useRunning, useT } from "../../app/context";
import { write } from "../../app/router";
import { useTask } from "../../app/use_task";
import { PersonAvatar, RoomAvatar } from "../Avatars/Avatars";
import styles from "./RoomRow.module.css";

export function InviteRow({ room }: { readonly room: RoomEntry }) {
    const t = useT();
    const router = useRouter();
    // Answers wait until there is a session to give them with.
    const actions = useRunning()?.actions;
    const task = useTask();
    const accept = async () => {
        if (actions && (await task.run(() => actions.accept(room.id)))) router.room(room.id);
    };
    const decline = () => {
        if (actions) void task.run(() => actions.leave(room.id));
    };
    const inviter = room.inviter?.name ?? "";
    return (
        <li className={styles.invite}>
            <a className={styles.row} data-room={room.id} href={write({ page: "room", roomId: room.id, eventId: null, panel: null })}>
                {room.kind === "direct" ? (
                    <PersonAvatar id={room.seed} name={room.name} picture={room.avatar} size={40} />
                ) : (
                    <RoomAvatar id={room.seed} name={room.name} picture={room.avatar} size={40} />
                )}
                <span className={styles.words}>
                    <span className={styles.name}>{room.name}</span>
                    <span className={styles.preview}>
                        {room.kind === "direct" ? t("invite.direct") : t("invite.by", { name: inviter })}
                    </span>
                </span>
            </a>
            <div className={styles.inviteActions}>
                <Button size="small" variant="primary" busy={task.busy} disabled={!actions} onClick={() => void accept()}>
                    {t("invite.accept")}
                </Button>
                <Button size="small" variant="ghost" disabled={!actions} onClick={decline}>
                    {t("invite.decline")}
                </Button>
            </div>
            {task.error !== null && <p className={styles.error}>{task.error}</p>}
        </li>
    );
}
