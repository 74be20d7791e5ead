/** The call one is in while one looks at another room: small, and never out of reach. */
import { Icon, IconButton } from "@veche/kit";
import type { Call } from "@veche/protocol/engine";
import { stageOf } from "@veche/protocol/calls";
import { useEngine, useRouter, useStore, useT } from "../../../app/context";
import { useCallUi } from "../call_ui";
import { AtTheDoor } from "../door/AtTheDoor";
import { useSpeaker } from "./Stage";
import { TileView } from "./TileView";
import styles from "./Floating.module.css";

const nothing = () => undefined;

export default function FloatingCall({ call }: { readonly call: Call }) {
    const t = useT();
    const engine = useEngine();
    const router = useRouter();
    const ui = useCallUi();
    const state = useStore(call);
    const room = useStore(engine.room(call.roomId));
    const speaker = useSpeaker(state);
    const { main } = stageOf(state.participants, { layout: "spotlight", pinned: null, speaker, tilesMax: 1, wide: false });
    const back = () => {
        ui.showChat("auto");
        router.room(call.roomId);
    };
    return (
        <section className={styles.floating} aria-label={t("call.pane", { name: room.name })}>
            <AtTheDoor room={room} />
            <div className={styles.picture}>
                {main && <TileView tile={main} pinned={false} onPin={nothing} size="medium" bare />}
                {state.phase === "ended" && (
                    <span className={styles.ended}>
                        <Icon name="call-end" size={20} /> {t("call.ended")}
                    </span>
                )}
            </div>
            <div className={styles.line}>
                <button type="button" className={styles.name} onClick={back}>
                    {room.name}
                </button>
                {state.phase !== "ended" && (
                    <IconButton
                        size="small"
                        icon={state.microphone ? "mic" : "mic-off"}
                        label={state.microphone ? t("call.micOff") : t("call.micOn")}
                        tooltip="top"
                        onClick={() => void call.setMicrophone(!state.microphone)}
                    />
                )}
                <IconButton size="small" icon="expand" label={t("call.back")} tooltip="top" onClick={back} />
                <IconButton size="small" variant="danger" icon="call-end" label={t("call.leave")} tooltip="top" onClick={() => void engine.calls.leave()} />
            </div>
        </section>
    );
}
