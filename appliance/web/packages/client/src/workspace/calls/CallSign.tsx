/** In the list of rooms: a call goes on here. */
import { Icon } from "@veche/kit";
import type { Engine } from "@veche/protocol/engine";
import { useRunning, useStore, useT } from "../../app/context";
import styles from "./calls.module.css";

export function CallSign({ roomId }: { readonly roomId: string }) {
    const engine = useRunning();
    return engine && <Going engine={engine} roomId={roomId} />;
}

function Going({ engine, roomId }: { readonly engine: Engine; readonly roomId: string }) {
    const t = useT();
    const call = useStore(engine.calls.going).get(roomId);
    if (!call) return null;
    return (
        <span className={styles.sign}>
            <Icon name={call.intent === "audio" ? "call" : "video"} size={16} label={t("call.goingWith", { count: call.people.length })} />
            <span aria-hidden="true">{call.people.length}</span>
        </span>
    );
}
