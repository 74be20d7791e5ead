/** The beginning of a room: what it is and who can read it. */
import { Button } from "@veche/kit";
import { useEngine, useStore, useT } from "../../../app/context";
import { PersonAvatar, RoomAvatar } from "../../Avatars/Avatars";
import { useUi } from "../../ui/ui_store";
import styles from "./Timeline.module.css";

export function StartRow({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const ui = useUi();
    const engine = useEngine();
    const room = useStore(engine.room(roomId));
    const direct = room.kind === "direct";
    if (engine.guest) return <GuestStart encrypted={room.encrypted} />;
    return (
        <div className={styles.start}>
            {direct ? (
                <PersonAvatar id={room.seed} name={room.name} picture={room.avatar} size={56} />
            ) : (
                <RoomAvatar id={room.seed} name={room.name} picture={room.avatar} size={56} />
            )}
            <h2 className={styles.startName}>{room.name}</h2>
            <p className={styles.startText}>{direct ? t("start.direct", { name: room.name }) : t("start.room", { name: room.name })}</p>
            <p className={styles.startText}>
                {room.encrypted ? t("start.encrypted") : room.joinRule === "public" ? t("start.open") : t("start.plain")}
            </p>
            {!direct && room.can.invite && (
                <Button icon="user-add" onClick={() => { ui.open({ kind: "invite", roomId }); }}>
                    {t("panel.invite")}
                </Button>
            )}
        </div>
    );
}

/** What a guest sees begins when he came, wherever the room's own beginning is. */
function GuestStart({ encrypted }: { readonly encrypted: boolean }) {
    const t = useT();
    return (
        <div className={styles.start}>
            <p className={styles.startText}>{t("meet.chatStart")}</p>
            <p className={styles.startText}>{encrypted ? t("meet.chatEncrypted") : t("start.plain")}</p>
        </div>
    );
}
