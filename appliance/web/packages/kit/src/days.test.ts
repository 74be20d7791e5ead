import { expect, test } from "vitest";
import { addDays, addMonths, dayPattern, readDay, today, weekEdges, weeksOf, writeDay } from "./days";

test.each([
    ["ru", "05.03.2026", "ДД.ММ.ГГГГ"],
    ["en", "03/05/2026", "ММ/ДД/ГГГГ"],
    ["en-GB", "05/03/2026", "ДД/ММ/ГГГГ"],
])("%s writes a day as %s", (language, text, pattern) => {
    expect(writeDay("2026-03-05", language)).toBe(text);
    expect(readDay(text, language)).toBe("2026-03-05");
    expect(dayPattern(language, { day: "ДД", month: "ММ", year: "ГГГГ" })).toBe(pattern);
});

test.each([
    ["5.3.2026", "ru", "2026-03-05"],
    ["5 3 2026", "ru", "2026-03-05"],
    ["3/5/2026", "en", "2026-03-05"],
    ["2026-03-05", "en", "2026-03-05"],
    ["5.3.20", "ru", null],
    ["5.3", "ru", null],
    ["31.6.2026", "ru", null],
    ["29.2.2028", "ru", "2028-02-29"],
    ["29.2.2026", "ru", null],
    ["13/1/2026", "en", null],
    ["tomorrow", "en", null],
    ["", "ru", null],
])("%j in %s is %s", (text, language, day) => {
    expect(readDay(text, language)).toBe(day);
});

test("days are counted on over ends of months and years", () => {
    expect(addDays("2026-02-28", 1)).toBe("2026-03-01");
    expect(addDays("2026-01-01", -1)).toBe("2025-12-31");
    expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
    expect(addMonths("2026-01-15", -1)).toBe("2025-12-15");
    expect(addMonths("2028-02-29", 12)).toBe("2029-02-28");
    expect(today(new Date(2026, 2, 5, 23, 59).getTime())).toBe("2026-03-05");
});

test("weeks begin as the language has them, and hold the whole month", () => {
    expect(weeksOf("2026-03", "ru").map(([first]) => first)).toEqual(["2026-02-23", "2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30"]);
    expect(weeksOf("2026-02", "ru").flat()).toContain("2026-02-28");
    expect(weekEdges("2026-03-05", "ru")).toEqual(["2026-03-02", "2026-03-08"]);
});
