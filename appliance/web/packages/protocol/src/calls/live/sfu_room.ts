//! How sound and pictures are sent: LiveKit's room with the settings of ours.

import { type AudioCaptureOptions, LogLevel, LoggerNames, Room, ScreenSharePresets, type ScreenShareCaptureOptions, VideoPresets, setLogLevel } from "livekit-client";
import { blurred } from "../background";
import type { CallWish } from "../calls";
import type { MediaKeys } from "./media_keys";

// What it says to developers names people; it is not written to the console of every user.
setLogLevel(LogLevel.silent);
setLogLevel(LogLevel.silent, LoggerNames.E2EE);

/** What browsers do about a noisy place. */
const SOUND: AudioCaptureOptions = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** The sound of what is shown is not a voice: it goes out as it is. */
export const SCREEN: ScreenShareCaptureOptions = {
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    resolution: ScreenSharePresets.h1080fps15.resolution,
    contentHint: "detail",
    selfBrowserSurface: "include",
    surfaceSwitching: "include",
    systemAudio: "include",
};

const named = (deviceId: string | null): { deviceId?: string } => (deviceId === null ? {} : { deviceId });

/** `keys`: everything is encrypted between the participants; null: the room is not encrypted, so its call is not either. */
export function makeRoom({ devices, blur }: CallWish, keys: MediaKeys | null): Room {
    const worker = () => new Worker(new URL("./e2ee.worker.ts", import.meta.url), { type: "module" });
    return new Room({
        adaptiveStream: true,
        dynacast: true,
        singlePeerConnection: true,
        stopLocalTrackOnUnpublish: true,
        disconnectOnPageLeave: true,
        audioCaptureDefaults: { ...SOUND, ...named(devices.audioinput) },
        videoCaptureDefaults: { ...named(devices.videoinput), ...blurred(blur), resolution: VideoPresets.h720.resolution },
        ...(devices.audiooutput === null ? {} : { audioOutput: { deviceId: devices.audiooutput } }),
        publishDefaults: {
            simulcast: true,
            videoCodec: "vp8",
            backupCodec: false,
            videoSimulcastLayers: [VideoPresets.h180, VideoPresets.h360],
            screenShareEncoding: ScreenSharePresets.h1080fps15.encoding,
            dtx: true,
            // The server takes no redundant sound, and encrypted frames could not be taken apart anyway.
            red: false,
        },
        ...(keys ? { encryption: { keyProvider: keys, worker: worker() } } : {}),
    });
}
