/** Why somebody is not in a meeting, in words. */
import type { VisitEnd } from "@veche/protocol";
import type { T } from "../app/context";
import { problemText } from "../app/problems";

const TITLES = ["left", "unknown", "expired", "ended", "full", "refused", "over"] as const;
const TEXTS = [...TITLES, "wrong_pin", "name", "crowded", "no_host", "not_waiting"] as const;

const isOne = <E extends VisitEnd>(some: readonly E[], why: VisitEnd): why is E => some.some((one) => one === why);

export function endTitle(t: T, why: VisitEnd): string {
    return isOne(TITLES, why) ? t(`meet.end.${why}`) : t("meet.end.other");
}

export function endText(t: T, why: VisitEnd): string {
    return isOne(TEXTS, why) ? t(`meet.text.${why}`) : problemText(t, why);
}
