/** How somebody in a call fares, in words. */
import type { Format } from "@veche/kit";
import type { Schemas } from "../../api/api";
import type { T } from "../../app/context";

type Participant = Schemas["CallParticipant"];

/** What is not known. */
export const NOTHING = "–";

/** How much of what was sent got lost, in each direction; what is not known is not told. Pure. */
export function lossText(t: T, format: Format, { lost_in_permille: up, lost_out_permille: down }: Pick<Participant, "lost_in_permille" | "lost_out_permille">): readonly string[] {
    const percent = (permille: number | null): string => (permille === null ? NOTHING : format.number(permille / 1_000, { style: "percent", maximumFractionDigits: 1 }));
    return [t("calls.up", { up: percent(up) }), t("calls.down", { down: percent(down) })];
}

/** How long packets are on the way, and how unevenly they come; what is not known is not told. Pure. */
export function latencyText(t: T, format: Format, { round_trip_ms: trip, jitter_ms: jitter }: Pick<Participant, "round_trip_ms" | "jitter_ms">): readonly string[] {
    const ms = (value: number) => t("calls.ms", { ms: format.number(value) });
    const uneven = jitter === null ? [] : [t("calls.jitter", { jitter: ms(jitter) })];
    return [trip === null ? NOTHING : ms(trip), ...uneven];
}

/** How much flows, in each direction. Pure. */
export function rateText(t: T, format: Format, { up_bps: up, down_bps: down }: Pick<Participant, "up_bps" | "down_bps">): readonly string[] {
    return [t("calls.up", { up: format.number(Math.round(up / 1_000)) }), t("calls.down", { down: format.number(Math.round(down / 1_000)) })];
}

const STAGES = ["reached_ms", "secured_ms", "connected_ms", "media_ms"] as const satisfies readonly (keyof Schemas["JoinStages"])[];

/** What has happened since he came, and after how long; what has not is left out. Pure. */
export function stagesOf(stages: Schemas["JoinStages"]): readonly { readonly stage: (typeof STAGES)[number]; readonly ms: number }[] {
    return STAGES.flatMap((stage) => {
        const ms = stages[stage];
        return ms === null ? [] : [{ stage, ms }];
    });
}

/** The same in words. Pure. */
export function stagesText(t: T, format: Format, stages: Schemas["JoinStages"]): readonly string[] {
    return stagesOf(stages).map(({ stage, ms }) => `${t(`calls.stage.${stage}`)} ${t("calls.ms", { ms: format.number(ms) })}`);
}
