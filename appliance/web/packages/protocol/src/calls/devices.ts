//! Cameras, microphones and loudspeakers: which there are, and which somebody has chosen on this machine.

import { Store } from "../base/store";
import type { CallWish } from "./calls";

const KEY = "veche.call-devices";

interface Device {
    readonly id: string;
    readonly kind: MediaDeviceKind;
    /** Empty before the browser has been allowed to use one. */
    readonly label: string;
}

export interface DevicesState {
    readonly all: readonly Device[];
    readonly chosen: CallWish["devices"];
    /** As somebody left them the last time. */
    readonly microphone: boolean;
    readonly camera: boolean;
    readonly blur: boolean;
}

type Kept = Omit<DevicesState, "all">;

const DEFAULTS: Kept = { chosen: { audioinput: null, videoinput: null, audiooutput: null }, microphone: true, camera: true, blur: false };

function read(storage: Pick<Storage, "getItem">): Kept {
    try {
        const saved = JSON.parse(storage.getItem(KEY) ?? "{}") as { chosen?: Record<string, unknown>; microphone?: unknown; camera?: unknown; blur?: unknown };
        const id = (kind: MediaDeviceKind) => {
            const value = saved.chosen?.[kind];
            return typeof value === "string" ? value : null;
        };
        return {
            chosen: { audioinput: id("audioinput"), videoinput: id("videoinput"), audiooutput: id("audiooutput") },
            microphone: saved.microphone !== false,
            camera: saved.camera !== false,
            blur: saved.blur === true,
        };
    } catch {
        // Somebody else's text under our key: as if nothing was saved.
        return DEFAULTS;
    }
}

type Media = Pick<MediaDevices, "enumerateDevices" | "addEventListener" | "removeEventListener">;
type Shelf = Pick<Storage, "getItem" | "setItem">;

export class CallDevices extends Store<DevicesState> {
    readonly #media: Media;
    readonly #storage: Shelf;
    readonly #look = (): void => void this.look();

    constructor(media: Media = navigator.mediaDevices, storage: Shelf = localStorage) {
        super({ all: [], ...read(storage) });
        this.#media = media;
        this.#storage = storage;
    }

    protected override watched(): void {
        this.#media.addEventListener("devicechange", this.#look);
        this.#look();
    }

    protected override unwatched(): void {
        this.#media.removeEventListener("devicechange", this.#look);
    }

    /** Looks which there are; their names are told only after the browser has been allowed to use one. */
    async look(): Promise<void> {
        const found = await this.#media.enumerateDevices().catch(() => []);
        // Browsers list the system's choice a second time under a name of its own.
        const all = found.filter(({ deviceId }) => deviceId !== "" && deviceId !== "communications");
        this.publish({ ...this.getSnapshot(), all: all.map(({ deviceId: id, kind, label }) => ({ id, kind, label })) });
    }

    choose(kind: MediaDeviceKind, id: string): void {
        this.keep({ chosen: { ...this.getSnapshot().chosen, [kind]: id } });
    }

    keep(part: Partial<Kept>): void {
        const next = { ...this.getSnapshot(), ...part };
        this.publish(next);
        const { chosen, microphone, camera, blur } = next;
        try {
            this.#storage.setItem(KEY, JSON.stringify({ chosen, microphone, camera, blur }));
        } catch {
            // A full or forbidden storage: the choice holds until the page is closed.
        }
    }

    /** How to join with what is chosen. */
    wish(intent: CallWish["intent"]): CallWish {
        const { chosen, microphone, camera, blur, all } = this.getSnapshot();
        const there = (kind: MediaDeviceKind, id: string | null) => (id !== null && all.length > 0 && !all.some((device) => device.kind === kind && device.id === id) ? null : id);
        const devices = {
            audioinput: there("audioinput", chosen.audioinput),
            videoinput: there("videoinput", chosen.videoinput),
            audiooutput: there("audiooutput", chosen.audiooutput),
        };
        return { intent, microphone, camera: camera && intent === "video", blur, devices };
    }
}
