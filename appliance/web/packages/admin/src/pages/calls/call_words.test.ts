import { createI18n } from "@veche/kit";
import { expect, test } from "vitest";
import { en } from "../../i18n/en";
import { ru } from "../../i18n/ru";
import { latencyText, lossText, qualityOf, rateText, stagesOf, stepsOf, stepsText } from "./call_words";

const { t, format } = createI18n({ en, ru }, { language: "en", storage: null });

test("what is not known is not told as nothing lost", () => {
    expect(lossText(t, format, { lost_in_permille: 3, lost_out_permille: null })).toEqual(["↑ 0.3%", "↓ –"]);
    expect(latencyText(t, format, { round_trip_ms: null, jitter_ms: null })).toEqual(["–"]);
    expect(latencyText(t, format, { round_trip_ms: 24, jitter_ms: 3 })).toEqual(["24 ms", "jitter 3 ms"]);
    expect(rateText(t, format, { up_bps: 1_830_400, down_bps: 0 })).toBe("↑ 1,830 ↓ 0 kbit/s");
});

test("only what has happened is told, in its order", () => {
    const stages = { ticket_ms: 4, reached_ms: 12, secured_ms: 20, connected_ms: null, media_ms: null };
    expect(stagesOf(stages)).toEqual([{ stage: "reached_ms", ms: 12 }, { stage: "secured_ms", ms: 20 }]);
    expect(stagesOf({ ticket_ms: null, reached_ms: null, secured_ms: null, connected_ms: null, media_ms: null })).toEqual([]);
});

test("each stage is told with the time that it took, though one may overtake another", () => {
    const stages = { ticket_ms: null, reached_ms: 12, secured_ms: 20, connected_ms: 80, media_ms: 60 };
    expect(stepsOf(stages).map(({ ms }) => ms)).toEqual([12, 8, 60, 0]);
    expect(stepsText(t, format, { ...stages, media_ms: null })).toEqual(["packet 12 ms", "keys 8 ms", "connected 60 ms"]);
    expect(stepsText(t, format, { ...stages, ticket_ms: 5, connected_ms: null, media_ms: null })).toEqual(["token 5 ms", "packet 12 ms", "keys 8 ms"]);
});

test("one word says how somebody fares, and what the reason is", () => {
    const fine = { connected: true, lost_in_permille: 0, lost_out_permille: 2, round_trip_ms: 20, jitter_ms: 2 };
    expect(qualityOf(fine)).toEqual({ level: "good", cause: null });
    expect(qualityOf({ ...fine, lost_out_permille: 10 })).toEqual({ level: "fair", cause: "loss" });
    expect(qualityOf({ ...fine, lost_in_permille: 10, round_trip_ms: 400 })).toEqual({ level: "weak", cause: "latency" });
    expect(qualityOf({ ...fine, jitter_ms: 30 })).toEqual({ level: "fair", cause: "jitter" });
    expect(qualityOf({ ...fine, connected: false })).toEqual({ level: "away", cause: null });
    const nothing = { connected: true, lost_in_permille: null, lost_out_permille: null, round_trip_ms: null, jitter_ms: null };
    expect(qualityOf(nothing)).toEqual({ level: "unknown", cause: null });
});
