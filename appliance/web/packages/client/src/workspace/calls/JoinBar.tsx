/** Above the messages of a room whose call goes on: who is in it, and the way in. */
import { Button, Icon } from "@veche/kit";
import type { RoomDetails } from "@veche/protocol/engine";
import { useEngine, useI18n, useStore } from "../../app/context";
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
    if (!call || hasPane || available !== true) return null;
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
