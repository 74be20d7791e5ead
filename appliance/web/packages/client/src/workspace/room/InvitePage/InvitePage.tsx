/** Somebody invites me. */
import { Banner, Button } from "@veche/kit";
import { useEngine, useRouter, useStore, useT } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import { PersonAvatar, RoomAvatar } from "../../Avatars/Avatars";
import styles from "./InvitePage.module.css";

export function InvitePage({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const router = useRouter();
    const { actions, rooms } = useEngine();
    const room = useStore(rooms).byId.get(roomId);
    const task = useTask();
    if (!room) return null;
    const decline = async () => {
        if (await task.run(() => actions.leave(roomId))) router.replace({ page: "home" });
    };
    return (
        <main className={styles.page}>
            {room.kind === "direct" ? (
                <PersonAvatar id={room.seed} name={room.name} picture={room.avatar} size={80} />
            ) : (
                <RoomAvatar id={room.seed} name={room.name} picture={room.avatar} size={80} />
            )}
            <h1 className={styles.name}>{room.name}</h1>
            <p className={styles.text}>
                {room.kind === "direct"
                    ? t("invite.directLong", { name: room.inviter?.name ?? room.name })
                    : t("invite.byLong", { name: room.inviter?.name ?? "" })}
            </p>
            <p className={styles.id}>{room.inviter?.id}</p>
            {room.encrypted && <p className={styles.text}>{t("invite.encrypted")}</p>}
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            <div className={styles.actions}>
                <Button variant="primary" size="large" busy={task.busy} onClick={() => void task.run(() => actions.accept(roomId))}>
                    {t("invite.accept")}
                </Button>
                <Button size="large" onClick={() => void decline()}>
                    {t("invite.decline")}
                </Button>
            </div>
        </main>
    );
}
