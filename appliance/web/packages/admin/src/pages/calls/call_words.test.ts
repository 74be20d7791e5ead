import { createI18n } from "@veche/kit";
import { expect, test } from "vitest";
import { en } from "../../i18n/en";
import { ru } from "../../i18n/ru";
import { latencyText, lossText, rateText, stagesOf } from "./call_words";

const { t, format } = createI18n({ en, ru }, { language: "en", storage: null });

test("what is not known is not told as nothing lost", () => {
    expect(lossText(t, format, { lost_in_permille: 3, lost_out_permille: null })).toEqual(["↑ 0.3%", "↓ –"]);
    expect(latencyText(t, format, { round_trip_ms: null, jitter_ms: null })).toEqual(["–"]);
    expect(latencyText(t, format, { round_trip_ms: 24, jitter_ms: 3 })).toEqual(["24 ms", "jitter 3 ms"]);
    expect(rateText(t, format, { up_bps: 1_830_400, down_bps: 0 })).toEqual(["↑ 1,830", "↓ 0"]);
});

test("only what has happened is told, in its order", () => {
    const stages = { reached_ms: 12, secured_ms: 20, connected_ms: null, media_ms: null };
    expect(stagesOf(stages)).toEqual([{ stage: "reached_ms", ms: 12 }, { stage: "secured_ms", ms: 20 }]);
    expect(stagesOf({ reached_ms: null, secured_ms: null, connected_ms: null, media_ms: null })).toEqual([]);
});
