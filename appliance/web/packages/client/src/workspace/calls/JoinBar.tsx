/** Above the messages of a room whose call goes on: who is in it, and the way in. */
import { Button, Icon, classes } from "@veche/kit";
import type { RoomDetails } from "@veche/protocol/engine";
import { useEngine, useI18n, useStore, useT } from "../../app/context";
import { PersonAvatar } from "../Avatars/Avatars";
import styles from "./calls.module.css";
import { useCallUi, useHasPane } from "./call_ui";

const FACES_MAX = 5;

export function JoinBar({ room }: { readonly room: RoomDetails }) {
    const { t, format } = useI18n();
    const { calls } = useEngine();
    const ui = useCallUi();
    const available = useStore(calls.available);
    const call = useStore(calls.going).get(room.id);
    const hasPane = useHasPane(room.id);
    if (hasPane) return <BackBar roomId={room.id} />;
    if (!call || available !== true) return null;
    const names = call.people.slice(0, FACES_MAX).map(({ name }) => name);
    const others = call.people.length - names.length;
    const join = () => {
        ui.openLobby(room.id, call.intent);
        void calls.prepare();
    };
    return (
        <section className={styles.bar} aria-label={t("call.going")}>
            <Icon name={call.intent === "audio" ? "call" : "video"} size={20} />
            <span className={styles.barWords}>
                <strong>{call.mine ? t("call.mineElsewhere") : t("call.going")}</strong>
                <span className={styles.barNames}>{others > 0 ? t("room.people", { names: names.join(", "), count: others }) : format.list(names)}</span>
            </span>
            <span className={styles.faces} aria-hidden="true">
                {call.people.slice(0, FACES_MAX).map(({ id, name, avatar }) => (
                    <PersonAvatar key={id} id={id} name={name} picture={avatar} size={24} />
                ))}
            </span>
            {room.can.call && (
                <Button variant="primary" size="small" onClick={join}>
                    {call.mine ? t("call.joinHere") : t("call.join")}
                </Button>
            )}
        </section>
    );
}

/** Where there is room for one of both, the messages have taken the call's place: the way back. */
function BackBar({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const ui = useCallUi();
    const call = useStore(useEngine().calls.current);
    if (call?.roomId !== roomId) return null;
    return (
        <section className={classes(styles.bar, styles.narrow)} aria-label={t("call.mine")}>
            <Icon name="call" size={20} />
            <strong className={styles.barWords}>{t("call.mine")}</strong>
            <Button variant="primary" size="small" onClick={() => { ui.showChat("auto"); }}>
                {t("call.back")}
            </Button>
        </section>
    );
}
