/** What the camera sees and how loud the microphone is, before others do. */
import type { DeviceProblem } from "@veche/protocol/engine";
import { blurOf, blurred, deviceProblem } from "@veche/protocol/calls";
import { useEffect, useState } from "react";
import { callDevices } from "./use_devices";

interface Preview {
    readonly stream: MediaStream | null;
    readonly problem: DeviceProblem | null;
    /** Of a camera: whether it blurs what is behind its user; null: it has no such switch. */
    readonly blur: boolean | null;
}

const NOTHING: Preview = { stream: null, problem: null, blur: null };

function opened(device: "microphone" | "camera", stream: MediaStream, blur: boolean): Preview {
    const [track] = stream.getVideoTracks();
    const blurs = track ? blurOf(track) : null;
    return { stream, blur: blurs, problem: device === "camera" && blur && blurs !== true ? { device, why: "unblurred" } : null };
}

/** A device as long as it is wanted; `deviceId` null: the browser's choice. `blur` is for cameras. */
export function usePreview(device: "microphone" | "camera", wanted: boolean, deviceId: string | null, blur = false): Preview {
    const [preview, setPreview] = useState<Preview>(NOTHING);
    useEffect(() => {
        if (!wanted) return undefined;
        let stream: MediaStream | null = null;
        let over = false;
        const stop = () => {
            for (const track of stream?.getTracks() ?? []) track.stop();
        };
        const constraint = { ...(deviceId === null ? {} : { deviceId }), ...blurred(blur) };
        navigator.mediaDevices.getUserMedia(device === "camera" ? { video: constraint } : { audio: constraint }).then(
            (found) => {
                stream = found;
                if (over) stop();
                else setPreview(opened(device, found, blur));
                // The browser names devices from now on.
                void callDevices().look();
            },
            (error: unknown) => {
                if (!over) setPreview({ ...NOTHING, problem: deviceProblem(device, error) });
            },
        );
        return () => {
            over = true;
            stop();
            setPreview(NOTHING);
        };
    }, [device, wanted, deviceId, blur]);
    return preview;
}
