/** The buttons below a call. */
import { IconButton, Menu, MenuGroup, MenuItem, Popover, useHotkeys } from "@veche/kit";
import type { Call, CallState } from "@veche/protocol/engine";
import { REACTIONS } from "@veche/protocol/calls";
import { useRef, useState } from "react";
import { useEngine, useT } from "../../../app/context";
import { DeviceSelects } from "./DeviceSelects";
import { callDevices } from "./use_devices";
import styles from "./Pane.module.css";

interface Props {
    readonly call: Call;
    readonly state: CallState;
}

/** Telephones' browsers have no way to show the screen. */
const canShowScreen = "getDisplayMedia" in (navigator.mediaDevices as Partial<MediaDevices>);

export function Controls({ call, state }: Props) {
    const t = useT();
    const { calls } = useEngine();
    const { microphone, camera, screen, hand } = state;
    const toggle = {
        microphone: () => {
            callDevices().keep({ microphone: !microphone });
            void call.setMicrophone(!microphone);
        },
        camera: () => {
            callDevices().keep({ camera: !camera });
            void call.setCamera(!camera);
        },
        screen: () => void call.setScreen(!screen),
        hand: () => void call.setHand(!hand).catch(() => undefined),
    };
    useHotkeys({ M: toggle.microphone, V: toggle.camera, H: toggle.hand, ...(canShowScreen ? { S: toggle.screen } : {}) });
    // While somebody writes beside the call, letters are letters.
    useHotkeys({ "Mod+D": toggle.microphone }, { inFields: true });
    return (
        <div className={styles.controls} role="toolbar" aria-label={t("call.controls")}>
            <IconButton
                size="large"
                variant={microphone ? "secondary" : "primary"}
                icon={microphone ? "mic" : "mic-off"}
                label={microphone ? t("call.micOff") : t("call.micOn")}
                shortcut="M"
                tooltip="top"
                onClick={toggle.microphone}
            />
            <IconButton
                size="large"
                variant={camera ? "secondary" : "primary"}
                icon={camera ? "video" : "video-off"}
                label={camera ? t("call.cameraOff") : t("call.cameraOn")}
                shortcut="V"
                tooltip="top"
                onClick={toggle.camera}
            />
            {canShowScreen && (
                <IconButton
                    size="large"
                    variant="secondary"
                    icon="screen-share"
                    label={screen ? t("call.screenOff") : t("call.screenOn")}
                    pressed={screen}
                    shortcut="S"
                    tooltip="top"
                    onClick={toggle.screen}
                />
            )}
            <IconButton
                size="large"
                variant="secondary"
                icon="hand"
                label={hand ? t("call.handDown") : t("call.handUp")}
                pressed={hand}
                shortcut="H"
                tooltip="top"
                onClick={toggle.hand}
            />
            <Reactions call={call} />
            <Devices call={call} blur={state.blur} />
            <IconButton size="large" variant="danger" icon="call-end" label={t("call.leave")} tooltip="top" onClick={() => void calls.leave()} />
        </div>
    );
}

function Reactions({ call }: { readonly call: Call }) {
    const t = useT();
    return (
        <Menu label={t("call.react")} placement="top" trigger={<IconButton size="large" variant="secondary" icon="reaction" label={t("call.react")} tooltip="top" />}>
            <MenuGroup label={t("call.react")} inline>
                {REACTIONS.map((reaction) => (
                    <MenuItem key={reaction.name} onSelect={() => void call.react(reaction).catch(() => undefined)}>
                        {reaction.emoji}
                    </MenuItem>
                ))}
            </MenuGroup>
        </Menu>
    );
}

function Devices({ call, blur }: { readonly call: Call; readonly blur: boolean | null }) {
    const t = useT();
    const [open, setOpen] = useState(false);
    const anchor = useRef<HTMLButtonElement>(null);
    return (
        <>
            <IconButton
                ref={anchor}
                size="large"
                variant="secondary"
                icon="sliders"
                label={t("call.devices")}
                aria-expanded={open}
                tooltip="top"
                onClick={() => { setOpen(!open); }}
            />
            <Popover open={open} onClose={() => { setOpen(false); }} label={t("call.devices")} anchor={anchor} placement="top">
                <div className={styles.devices}>
                    <DeviceSelects blur={blur} onChoose={(kind, id) => void call.switchDevice(kind, id)} onBlur={(on) => void call.setBlur(on)} />
                </div>
            </Popover>
        </>
    );
}
