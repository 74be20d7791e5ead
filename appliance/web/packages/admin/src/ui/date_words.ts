/** What fields for days say, in the language of the page. */
import type { DateWords } from "@veche/kit";
import type { T } from "../app/context";

export const dateWords = (t: T): DateWords => ({
    letters: { day: t("day.letters.day"), month: t("day.letters.month"), year: t("day.letters.year") },
    calendar: t("day.calendar"),
    previous: t("day.previous"),
    next: t("day.next"),
    invalid: (pattern) => t("day.invalid", { pattern }),
});
