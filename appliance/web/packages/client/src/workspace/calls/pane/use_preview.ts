/** What the camera sees and how loud the microphone is, before others do. */
import type { DeviceProblem } from "@veche/protocol/engine";
import { deviceProblem } from "@veche/protocol/calls";
import { useEffect, useState } from "react";
import { callDevices } from "./use_devices";

interface Preview {
    readonly stream: MediaStream | null;
    readonly problem: DeviceProblem | null;
}

const NOTHING: Preview = { stream: null, problem: null };

/** A device as long as it is wanted; `deviceId` null: the browser's choice. */
export function usePreview(device: "microphone" | "camera", wanted: boolean, deviceId: string | null): Preview {
    const [preview, setPreview] = useState<Preview>(NOTHING);
    useEffect(() => {
        if (!wanted) return undefined;
        let stream: MediaStream | null = null;
        let over = false;
        const stop = () => {
            for (const track of stream?.getTracks() ?? []) track.stop();
        };
        const constraint = deviceId === null ? true : { deviceId };
        navigator.mediaDevices.getUserMedia(device === "camera" ? { video: constraint } : { audio: constraint }).then(
            (opened) => {
                stream = opened;
                if (over) stop();
                else setPreview({ stream: opened, problem: null });
                // The browser names devices from now on.
                void callDevices().look();
            },
            (error: unknown) => {
                if (!over) setPreview({ stream: null, problem: deviceProblem(device, error) });
            },
        );
        return () => {
            over = true;
            stop();
            setPreview(NOTHING);
        };
    }, [device, wanted, deviceId]);
    return preview;
}
