/** Before a call: how one looks and sounds, with which devices, and who is there already. */
import { Banner, Button } from "@veche/kit";
import type { CallIntent, RoomDetails } from "@veche/protocol/engine";
import { useEngine, useI18n, useStore } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import { PersonAvatar, RoomAvatar } from "../../Avatars/Avatars";
import { useCallUi } from "../call_ui";
import { DeviceSelects } from "./DeviceSelects";
import { PreviewBox, useDevicePreview } from "./Preview";
import { deviceText } from "./texts";
import { callDevices } from "./use_devices";
import styles from "./Lobby.module.css";

export function Lobby({ room, intent }: { readonly room: RoomDetails; readonly intent: CallIntent }) {
    const { t } = useI18n();
    const { calls, me } = useEngine();
    const ui = useCallUi();
    const { busy, error, run } = useTask();
    const devices = callDevices();
    const preview = useDevicePreview(intent);
    const going = useStore(calls.going).get(room.id);
    const other = useStore(calls.current);
    const join = () =>
        void run(async () => {
            await calls.join(room.id, devices.wish(intent));
            ui.closeLobby();
        });
    return (
        <div className={styles.lobby}>
            <PreviewBox preview={preview} intent={intent} seed={me} />
            <div className={styles.side}>
                <Where room={room} />
                <h2 className={styles.title}>{going ? t("call.joinTitle") : t("call.startTitle")}</h2>
                <Who room={room} />
                {preview.problems.map((problem) => (
                    <Banner key={problem.device} tone="warning">
                        {deviceText(t, problem)}
                    </Banner>
                ))}
                {other && other.roomId !== room.id && <Banner>{t("call.leavesOther")}</Banner>}
                {error !== null && <Banner tone="danger">{error}</Banner>}
                <DeviceSelects blur={preview.blur} />
                <div className={styles.actions}>
                    <Button size="large" onClick={() => { ui.closeLobby(); }}>
                        {t("common.cancel")}
                    </Button>
                    <Button size="large" variant="primary" icon={intent === "audio" ? "call" : "video"} busy={busy} autoFocus onClick={join}>
                        {going ? t("call.join") : t("call.start")}
                    </Button>
                </div>
            </div>
        </div>
    );
}

/** The room, or the person, whose name stands in no line above the lobby. */
function Where({ room: { kind, seed, name, avatar } }: { readonly room: RoomDetails }) {
    const Picture = kind === "direct" ? PersonAvatar : RoomAvatar;
    return (
        <p className={styles.where}>
            <Picture id={seed} name={name} picture={avatar} size={32} />
            <span className={styles.whereName}>{name}</span>
        </p>
    );
}

/** Who is in the call, or who will be called. */
function Who({ room }: { readonly room: RoomDetails }) {
    const { t, format } = useI18n();
    const { calls } = useEngine();
    const going = useStore(calls.going).get(room.id);
    if (going) return <p className={styles.who}>{t("call.there", { names: format.list(going.people.map(({ name }) => name)) })}</p>;
    return <p className={styles.who}>{t("call.nobodyYet")}</p>;
}
