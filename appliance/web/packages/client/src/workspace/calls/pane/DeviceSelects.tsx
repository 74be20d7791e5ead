/** Which microphone, camera and loudspeaker are used. */
import { Select, Switch } from "@veche/kit";
import { useStore, useT } from "../../../app/context";
import { callDevices } from "./use_devices";
import styles from "./Lobby.module.css";

const KINDS = ["audioinput", "videoinput", "audiooutput"] as const;

interface Props {
    /** Whether the camera blurs what is behind one; null: it has no such switch. */
    readonly blur: boolean | null;
    /** What else is to happen then, such as using it in the call at once. */
    readonly onChoose?: (kind: MediaDeviceKind, id: string) => void;
    readonly onBlur?: (on: boolean) => void;
}

export function DeviceSelects({ blur, onChoose, onBlur }: Props) {
    const t = useT();
    const devices = callDevices();
    const { all, chosen } = useStore(devices);
    return (
        <div className={styles.devices}>
            {KINDS.map((kind) => {
                // Before the browser may use one it names none, and there is nothing to choose from.
                const found = all.filter((device) => device.kind === kind && device.label !== "");
                if (found.length === 0) return null;
                const value = found.find(({ id }) => id === chosen[kind])?.id ?? found[0]?.id ?? "";
                return (
                    <Select
                        key={kind}
                        label={t(`call.kind.${kind}`)}
                        value={value}
                        options={found.map(({ id, label }) => ({ value: id, label }))}
                        onChange={(id) => {
                            devices.choose(kind, id);
                            onChoose?.(kind, id);
                        }}
                    />
                );
            })}
            {blur !== null && (
                <Switch
                    label={t("call.blur")}
                    hint={t("call.blurHint")}
                    checked={blur}
                    onChange={(on) => {
                        devices.keep({ blur: on });
                        onBlur?.(on);
                    }}
                />
            )}
        </div>
    );
}
