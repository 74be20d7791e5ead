import { describe, expect, it } from "vitest";
import { createFormat } from "./format";

/** Thursday, 5 March 2026, 14:05 in Moscow. */
const NOW = Date.UTC(2026, 2, 5, 11, 5);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const options = { now: () => NOW, timeZone: "Europe/Moscow" };
const en = createFormat("en-GB", options);
const ru = createFormat("ru", options);
/** Whichever space the browser uses. */
const plain = (text: string): string => text.replaceAll(/\s/gu, " ");

describe("dates", () => {
    it("are written as the language does", () => {
        expect(en.date(NOW, "short")).toBe("5 Mar");
        expect(en.date(NOW, "long")).toBe("5 March 2026");
        expect(en.time(NOW)).toBe("14:05");
        expect(ru.time(NOW - 5 * HOUR)).toBe("09:05");
        expect(ru.time(NOW, "Asia/Tokyo")).toBe("20:05");
        expect(plain(createFormat("en-US", options).time(NOW))).toBe("2:05 PM");
        expect(plain(ru.date(NOW, "long"))).toBe("5 марта 2026 г.");
        expect(ru.date(new Date(NOW), "weekday")).toBe("четверг, 5 марта");
    });

    it.each([
        [0, "Today", "Сегодня"],
        // Ten minutes past midnight yesterday, and ten minutes before it.
        [-14 * HOUR, "Today", "Сегодня"],
        [-15 * HOUR, "Yesterday", "Вчера"],
        [-2 * DAY, "Tuesday", "Вторник"],
        [-6 * DAY, "Friday", "Пятница"],
        [-7 * DAY, "Thursday 26 February", "Четверг, 26 февраля"],
        [DAY, "Friday 6 March", "Пятница, 6 марта"],
        [-365 * DAY, "5 March 2025", "5 марта 2025 г."],
    ])("separate days: %d", (distance, english, russian) => {
        expect(plain(en.day(NOW + distance)).replace(",", "")).toBe(english);
        expect(plain(ru.day(NOW + distance))).toBe(russian);
    });

    it.each([
        [-HOUR, "13:05", "13:05"],
        [-DAY, "Yesterday", "Вчера"],
        [-2 * DAY, "Tuesday", "Вторник"],
        [-20 * DAY, "13 Feb", "13 февр."],
        [-365 * DAY, "5 Mar 2025", "5 мар. 2025 г."],
    ])("are short in a column: %d", (distance, english, russian) => {
        expect(plain(en.brief(NOW + distance))).toBe(english);
        expect(plain(ru.brief(NOW + distance))).toBe(russian);
    });

    it("are told as a distance", () => {
        expect(en.relative(NOW - 20_000)).toBe("now");
        expect(en.relative(NOW - 5 * 60_000)).toBe("5 minutes ago");
        expect(en.relative(NOW + 3 * HOUR)).toBe("in 3 hours");
        expect(ru.relative(NOW - 21 * 60_000)).toBe("21 минуту назад");
        expect(en.relative(NOW - 400 * DAY)).toBe("last year");
    });
});

describe("numbers", () => {
    it("count bytes in steps of a thousand", () => {
        expect(plain(en.bytes(0))).toBe("0 bytes");
        expect(plain(en.bytes(999))).toBe("999 bytes");
        expect(plain(en.bytes(1_000))).toBe("1 kB");
        expect(plain(en.bytes(1_440_000))).toBe("1.4 MB");
        expect(plain(en.bytes(999_960))).toBe("1 MB");
        expect(plain(en.bytes(5_000_000_000))).toBe("5 GB");
        expect(plain(ru.bytes(1_440_000))).toBe("1,4 МБ");
    });

    it("tell durations as a clock does", () => {
        expect(en.duration(5.9)).toBe("0:05");
        expect(en.duration(65)).toBe("1:05");
        expect(en.duration(3_723)).toBe("1:02:03");
        expect(en.duration(-3)).toBe("0:00");
    });

    it("and lists are written as the language does", () => {
        expect(en.number(12_345.5)).toBe("12,345.5");
        expect(plain(ru.number(12_345.5))).toBe("12 345,5");
        expect(en.number(0.42, { style: "percent" })).toBe("42%");
        expect(en.list(["Anna", "Boris", "Vera"])).toBe("Anna, Boris and Vera");
        expect(ru.list(["Анна", "Борис"])).toBe("Анна и Борис");
    });
});
