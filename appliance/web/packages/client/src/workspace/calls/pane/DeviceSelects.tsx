/** Which microphone, camera and loudspeaker are used. */
import { Select } from "@veche/kit";
import { useStore, useT } from "../../../app/context";
import { callDevices } from "./use_devices";
import styles from "./Lobby.module.css";

const KINDS = ["audioinput", "videoinput", "audiooutput"] as const;

/** `onChoose`: what else is to happen then, such as using it in the call at once. */
export function DeviceSelects({ onChoose }: { readonly onChoose?: (kind: MediaDeviceKind, id: string) => void }) {
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
        </div>
    );
}
