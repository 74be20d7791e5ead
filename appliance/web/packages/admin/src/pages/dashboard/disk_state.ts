/** What is to be thought of how full the disk is. */
import type { Tone } from "@veche/kit";
import type { Schemas } from "../../api/api";

type Disk = NonNullable<Schemas["Dashboard"]["disk"]>;

export interface DiskState {
    readonly level: Disk["level"];
    readonly usedBytes: number;
    /** From 0 to 1. */
    readonly usedPart: number;
    /** None while there is nothing to say. */
    readonly tone: Extract<Tone, "warning" | "danger"> | undefined;
}

/** From here on it is worth a look, even where the server itself needs no more room yet. */
const LOW_PART = 0.85;

/** Pure. */
export function diskState({ free_bytes: free, total_bytes: total, level }: Pick<Disk, "free_bytes" | "total_bytes" | "level">): DiskState {
    const usedBytes = Math.max(0, total - free);
    const usedPart = total === 0 ? 0 : usedBytes / total;
    const shown = level === "plenty" && usedPart >= LOW_PART ? "low" : level;
    return { level: shown, usedBytes, usedPart, tone: shown === "plenty" ? undefined : shown === "low" ? "warning" : "danger" };
}

/** What the server complains of, and a disk that is worth a look although the server needs no more room yet. Pure. */
export function wantsAttention({ health, disk }: Pick<Schemas["Dashboard"], "health" | "disk">): Schemas["Dashboard"]["health"] {
    const isTold = health.some(({ id }) => id.startsWith("disk_"));
    return disk && !isTold && diskState(disk).tone !== undefined ? [...health, { id: "disk_low", failed: false }] : health;
}
