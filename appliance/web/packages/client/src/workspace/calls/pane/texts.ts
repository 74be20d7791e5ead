/** What went wrong with a call, in words, with what to do. */
import type { DeviceProblem } from "@veche/protocol/engine";
import type { T } from "../../../app/context";

export function deviceText(t: T, { device, why }: DeviceProblem): string {
    if (device === "speaker" || why === "unknown") return t("call.device.unknown");
    if (why === "unblurred") return t("call.device.unblurred");
    return t(`call.device.${device}.${why}`);
}
