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
export function rateText(t: T, format: Format, { up_bps: up, down_bps: down }: Pick<Participant, "up_bps" | "down_bps">): string {
    const kilobits = (bits: number) => format.number(Math.round(bits / 1_000));
    return `${t("calls.up", { up: kilobits(up) })} ${t("calls.down", { down: kilobits(down) })} ${t("calls.rate")}`;
}

const STAGES = ["reached_ms", "secured_ms", "connected_ms", "media_ms"] as const satisfies readonly (keyof Schemas["JoinStages"])[];

interface Stage<Name extends keyof Schemas["JoinStages"]> {
    readonly stage: Name;
    readonly ms: number;
}

/** What has happened since he came, and after how long; what has not is left out. Pure. */
export function stagesOf(stages: Schemas["JoinStages"]): readonly Stage<(typeof STAGES)[number]>[] {
    return STAGES.flatMap((stage) => {
        const ms = stages[stage];
        return ms === null ? [] : [{ stage, ms }];
    });
}

/** How long each stage took by itself; the token, which came before the others, is the first. Pure. */
export function stepsOf(stages: Schemas["JoinStages"]): readonly Stage<keyof Schemas["JoinStages"]>[] {
    let before = 0;
    const ticket = stages.ticket_ms === null ? [] : [{ stage: "ticket_ms" as const, ms: stages.ticket_ms }];
    const steps = stagesOf(stages).map(({ stage, ms }) => {
        // The first packet of a voice may come before the last one of the handshake.
        const took = Math.max(0, ms - before);
        before = Math.max(before, ms);
        return { stage, ms: took };
    });
    return [...ticket, ...steps];
}

/** The same in words. Pure. */
export function stepsText(t: T, format: Format, stages: Schemas["JoinStages"]): readonly string[] {
    return stepsOf(stages).map(({ stage, ms }) => `${t(`calls.stage.${stage}`)} ${t("calls.ms", { ms: format.number(ms) })}`);
}

/** What somebody hears of: from such figures on words are missing, or people talk into each other. */
const FAIR = { loss: 10, latency: 200, jitter: 30 } as const;
const WEAK = { loss: 50, latency: 400, jitter: 60 } as const;

type Cause = keyof typeof FAIR;

/** `unknown`: nothing is known of it yet. `cause`: the first reason that there is. */
export type Quality =
    | { readonly level: "good" | "away" | "unknown"; readonly cause: null }
    | { readonly level: "fair" | "weak"; readonly cause: Cause };

type Measured = Pick<Participant, "connected" | "lost_in_permille" | "lost_out_permille" | "round_trip_ms" | "jitter_ms">;

/** How somebody fares, in one word. Pure. */
export function qualityOf({ connected, lost_in_permille: up, lost_out_permille: down, round_trip_ms: latency, jitter_ms: jitter }: Measured): Quality {
    if (!connected) return { level: "away", cause: null };
    const loss = up === null && down === null ? null : Math.max(up ?? 0, down ?? 0);
    const figures = { loss, latency, jitter };
    const beyond = (limits: Readonly<Record<Cause, number>>): Cause | null =>
        (["loss", "latency", "jitter"] as const).find((cause) => (figures[cause] ?? 0) >= limits[cause]) ?? null;
    const weak = beyond(WEAK);
    if (weak !== null) return { level: "weak", cause: weak };
    const fair = beyond(FAIR);
    if (fair !== null) return { level: "fair", cause: fair };
    return { level: Object.values(figures).every((figure) => figure === null) ? "unknown" : "good", cause: null };
}
