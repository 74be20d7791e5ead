//! Days of the calendar as `2026-03-05`, whatever time it is where: read and written as a language does, and counted on.

/** Names of the parts of a day, for a pattern to type by: `DD`, `MM`, `YYYY`. */
export interface DayLetters {
    readonly day: string;
    readonly month: string;
    readonly year: string;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})$/;
const MONDAY = 1;
const WEEK_DAYS = 7;

type Part = keyof DayLetters;

const instantOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const dayOf = (instant: number): string => new Date(instant).toISOString().slice(0, 10);

/** In which order a language writes the parts, and what stands between them; always with all digits. */
function pattern(language: string): Intl.DateTimeFormatPart[] {
    const options = { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" } as const;
    return new Intl.DateTimeFormat(language, options).formatToParts(0).filter(({ type, value }) => isPart(type) || (type === "literal" && value.trim() !== "г."));
}

const isPart = (type: string): type is Part => type === "day" || type === "month" || type === "year";

/** What to type, in a language's order: `ДД.ММ.ГГГГ`. */
export function dayPattern(language: string, letters: DayLetters): string {
    return pattern(language).map(({ type, value }) => (isPart(type) ? letters[type] : value)).join("");
}

/** A day as it is typed: `05.03.2026`. Nothing for none. */
export function writeDay(day: string, language: string): string {
    const found = ISO.exec(day);
    if (!found) return "";
    const [, year = "", month = "", date = ""] = found;
    return pattern(language).map(({ type, value }) => (isPart(type) ? { year, month, day: date }[type] : value)).join("");
}

/** The day that was typed, with any signs between its numbers; null if there is no such day, or the year is not whole. */
export function readDay(text: string, language: string): string | null {
    const numbers = text.trim().split(/[^\d]+/).filter((part) => part !== "");
    if (numbers.length !== 3) return null;
    const order: Part[] = numbers[0]?.length === 4 ? ["year", "month", "day"] : pattern(language).map(({ type }) => type).filter(isPart);
    const parts = Object.fromEntries(order.map((part, at) => [part, numbers[at] ?? ""])) as Record<Part, string>;
    if (parts.year.length !== 4 || parts.month.length > 2 || parts.day.length > 2) return null;
    const day = `${parts.year}-${parts.month.padStart(2, "0")}-${parts.day.padStart(2, "0")}`;
    const instant = instantOf(day);
    // 31 June would be 1 July.
    return !Number.isNaN(instant) && dayOf(instant) === day ? day : null;
}

/** So many days later. */
export function addDays(day: string, days: number): string {
    return dayOf(instantOf(day) + days * 86_400_000);
}

/** So many months later: the same date, or the last one that the month has. */
export function addMonths(day: string, months: number): string {
    const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
    const last = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate();
    return dayOf(Date.UTC(year, month - 1 + months, Math.min(date, last)));
}

/** The day that it is here. */
export function today(now: number): string {
    const here = new Date(now);
    return dayOf(Date.UTC(here.getFullYear(), here.getMonth(), here.getDate()));
}

/** On which day a week begins: 1 is Monday, 7 is Sunday. */
function weekStart(language: string): number {
    // Not every browser knows it, and those that do put it here or there.
    const locale = new Intl.Locale(language).maximize() as Intl.Locale & { weekInfo?: { firstDay: number }; getWeekInfo?: () => { firstDay: number } };
    return locale.getWeekInfo?.().firstDay ?? locale.weekInfo?.firstDay ?? MONDAY;
}

/** The weeks that a month lies in, whole, as a language begins them. */
export function weeksOf(month: string, language: string): readonly (readonly string[])[] {
    const first = `${month.slice(0, 7)}-01`;
    const weekday = new Date(instantOf(first)).getUTCDay() || WEEK_DAYS;
    const before = (weekday - weekStart(language) + WEEK_DAYS) % WEEK_DAYS;
    const next = addMonths(first, 1);
    const weeks: string[][] = [];
    for (let start = addDays(first, -before); start < next; start = addDays(start, WEEK_DAYS)) {
        weeks.push(Array.from({ length: WEEK_DAYS }, (_, at) => addDays(start, at)));
    }
    return weeks;
}

/** The first and the last day of the week that a day is in. */
export function weekEdges(day: string, language: string): readonly [first: string, last: string] {
    const weekday = new Date(instantOf(day)).getUTCDay() || WEEK_DAYS;
    const first = addDays(day, -((weekday - weekStart(language) + WEEK_DAYS) % WEEK_DAYS));
    return [first, addDays(first, WEEK_DAYS - 1)];
}

/** A day in words, and its month, weekday and number as they stand in a calendar. */
export function dayWords(language: string, options: Intl.DateTimeFormatOptions): (day: string) => string {
    const writer = new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" });
    return (day) => writer.format(instantOf(day));
}
