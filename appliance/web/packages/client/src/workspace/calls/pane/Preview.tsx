/** How one looks and sounds before a call, and the switches of both devices. */
import { IconButton } from "@veche/kit";
import type { CallIntent, DeviceProblem } from "@veche/protocol/engine";
import { useEffect, useRef } from "react";
import { useStore, useT } from "../../../app/context";
import { PersonAvatar } from "../../Avatars/Avatars";
import { Level } from "./Level";
import { callDevices } from "./use_devices";
import { usePreview } from "./use_preview";
import styles from "./Lobby.module.css";

interface Preview {
    readonly sound: MediaStream | null;
    readonly picture: MediaStream | null;
    readonly problems: readonly DeviceProblem[];
    /** Whether the camera blurs what is behind one; null: it has no such switch. */
    readonly blur: boolean | null;
}

/** The devices as long as this is drawn. */
export function useDevicePreview(intent: CallIntent): Preview {
    const state = useStore(callDevices());
    const sound = usePreview("microphone", state.microphone, state.chosen.audioinput);
    const picture = usePreview("camera", state.camera && intent === "video", state.chosen.videoinput, state.blur);
    const problems = [sound.problem, picture.problem].filter((problem) => problem !== null);
    return { sound: sound.stream, picture: picture.stream, problems, blur: picture.blur };
}

export function PreviewBox({ preview, intent, seed }: { readonly preview: Preview; readonly intent: CallIntent; readonly seed: string }) {
    const t = useT();
    const devices = callDevices();
    const state = useStore(devices);
    return (
        <div className={styles.preview}>
            {preview.picture ? <Mirror stream={preview.picture} /> : <PersonAvatar id={seed} name={t("call.you")} picture={null} size={120} />}
            <div className={styles.switches}>
                <IconButton
                    variant={state.microphone ? "secondary" : "primary"}
                    icon={state.microphone ? "mic" : "mic-off"}
                    label={state.microphone ? t("call.micOff") : t("call.micOn")}
                    onClick={() => { devices.keep({ microphone: !state.microphone }); }}
                />
                {intent === "video" && (
                    <IconButton
                        variant={state.camera ? "secondary" : "primary"}
                        icon={state.camera ? "video" : "video-off"}
                        label={state.camera ? t("call.cameraOff") : t("call.cameraOn")}
                        onClick={() => { devices.keep({ camera: !state.camera }); }}
                    />
                )}
                {preview.sound && <Level stream={preview.sound} />}
            </div>
        </div>
    );
}

function Mirror({ stream }: { readonly stream: MediaStream }) {
    const element = useRef<HTMLVideoElement>(null);
    useEffect(() => {
        if (element.current) element.current.srcObject = stream;
    }, [stream]);
    return <video ref={element} className={styles.mirror} autoPlay playsInline muted aria-hidden="true" />;
}
