import { createI18n } from "@veche/kit";
import { expect, test } from "vitest";
import { en } from "../../i18n/en";
import { ru } from "../../i18n/ru";
import { actionText, dayStart, detailOf, wordsOf } from "./journal_words";

const { t } = createI18n({ en, ru }, { language: "en", storage: null });
const words = wordsOf(t);

test("what is nested is told part by part, and what is not there is left out", () => {
    expect(detailOf({ erase: true, device_id: null, from: { role: "administrator", grants: ["users", "rooms"] }, to: "text", expires_ms: 0, odd: 3 }, words)).toEqual([
        ["messages erased", "yes"],
        ["before", "role: administrator; grants: people, rooms"],
        ["after", "text"],
        ["ends", "1970-01-01 00:00 UTC"],
        ["odd", "3"],
    ]);
    expect([detailOf(null, words), detailOf("text", words), detailOf({}, words)]).toEqual([[], [], []]);
});

test("a day begins and ends where the browser is", () => {
    expect(dayStart("2026-03-05")).toBe(new Date(2026, 2, 5).getTime());
    expect(dayStart("2026-12-31", true)).toBe(new Date(2027, 0, 1).getTime());
    expect(dayStart("")).toBeNull();
});

test("an action that has no words is told by its name", () => {
    expect(actionText(t, "account.lock")).toBe("locked an account");
    expect(actionText(t, "constructor")).toBe("constructor");
});
