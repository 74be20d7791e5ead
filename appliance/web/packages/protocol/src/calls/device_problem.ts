//! Why a camera, a microphone or a screen cannot be used, as a code that people can be told about.

export interface DeviceProblem {
    readonly device: "microphone" | "camera" | "screen" | "speaker";
    /** `unblurred`: the camera shows what is behind its user, who did not want that. */
    readonly why: "denied" | "missing" | "busy" | "unblurred" | "unknown";
}

/** By the names that browsers give such errors. */
export function deviceProblem(device: DeviceProblem["device"], thrown: unknown): DeviceProblem {
    const name = (thrown as { name?: unknown } | null)?.name;
    if (name === "NotAllowedError" || name === "SecurityError") return { device, why: "denied" };
    if (name === "NotFoundError" || name === "OverconstrainedError") return { device, why: "missing" };
    return { device, why: name === "NotReadableError" || name === "AbortError" ? "busy" : "unknown" };
}
