/** Dates, times, sizes and numbers as a language writes them. Everything comes from the browser's own `Intl`. */

/** A moment: milliseconds since 1970, or a date. */
type Moment = number | Date;

/** Writers of one language and one time zone. */
export interface Format {
    /** `short`: 5 Mar. `long`: 5 March 2026. `weekday`: Thursday, 5 March. */
    date(moment: Moment, style: "short" | "long" | "weekday"): string;
    /** 14:05, or 2:05 PM where people write so; in another time zone if one is named, which throws if nobody knows it. */
    time(moment: Moment, timeZone?: string): string;
    /** Date and time, for a tooltip. */
    dateTime(moment: Moment): string;
    /** Today, yesterday, the weekday in the last week, else the date: for what separates days. */
    day(moment: Moment): string;
    /** As short as can be, for a column of moments: the time today, the day in the last week, else the date. */
    brief(moment: Moment): string;
    /** 5 minutes ago, in 2 days; "now" for less than a minute. */
    relative(moment: Moment): string;
    /** 1:05 and 1:02:03. */
    duration(seconds: number): string;
    /** 1.4 MB; powers of a thousand, as disks and browsers count. */
    bytes(bytes: number): string;
    /** 12,345. */
    number(number: number, options?: Intl.NumberFormatOptions): string;
    /** Anna, Boris and Vera. */
    list(items: readonly string[]): string;
}

/** What a format depends on beside the language. */
export interface FormatOptions {
    /** Tells the time; tests fix it. */
    readonly now?: () => number;
    /** The time zone, if it is not the machine's. */
    readonly timeZone?: string;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Further back a weekday's name would be ambiguous. */
const WEEKDAY_DAYS_MAX = 6;

/** From the largest on: the first that the distance reaches is used. */
const RELATIVE: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
    ["year", 365 * DAY_MS],
    ["month", 30 * DAY_MS],
    ["week", 7 * DAY_MS],
    ["day", DAY_MS],
    ["hour", HOUR_MS],
    ["minute", MINUTE_MS],
];

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;
/** From here on a number of bytes is told in the next unit. */
const BYTE_STEP = 1_000;

/** Makes each `Intl` object once: they are costly, and lists use them for every row. */
function once<T>(make: (key: string) => T): (key: string) => T {
    const made = new Map<string, T>();
    return (key) => {
        const known = made.get(key);
        if (known !== undefined) {
            return known;
        }
        const fresh = make(key);
        made.set(key, fresh);
        return fresh;
    };
}

/** Makes it when it is asked for first: reading the words of a language takes longer than drawing a page. */
export function first<T>(make: () => T): () => T {
    let made: T | undefined;
    return () => (made ??= make());
}

const DATES: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
    short: { day: "numeric", month: "short" },
    long: { day: "numeric", month: "long", year: "numeric" },
    weekday: { weekday: "long", day: "numeric", month: "long" },
    shortYear: { day: "numeric", month: "short", year: "numeric" },
    time: { timeStyle: "short" },
    dateTime: { dateStyle: "long", timeStyle: "short" },
    name: { weekday: "long" },
    // Only to tell two days apart, so in one fixed language.
    key: { day: "2-digit", month: "2-digit", year: "numeric" },
};

/** The writers of a language. */
export function createFormat(language: string, { now = Date.now, timeZone }: FormatOptions = {}): Format {
    const dates = once((style) => {
        const locale = style === "key" ? "en-CA" : language;
        return new Intl.DateTimeFormat(locale, { ...DATES[style], ...(timeZone === undefined ? {} : { timeZone }) });
    });
    const numbers = once((options) => new Intl.NumberFormat(language, JSON.parse(options) as Intl.NumberFormatOptions));
    const relatives = first(() => new Intl.RelativeTimeFormat(language, { numeric: "auto" }));
    const lists = first(() => new Intl.ListFormat(language, { type: "conjunction" }));
    const number = (value: number, options: Intl.NumberFormatOptions = {}): string =>
        numbers(JSON.stringify(options)).format(value);
    const elsewhere = once((zone) => new Intl.DateTimeFormat(language, { ...DATES["time"], timeZone: zone }));
    // Where the zone is the browser's own, which is nearly always, `Date` tells the day much faster than `Intl`.
    const dayOf = (moment: Moment): number => (timeZone === undefined ? localDay(new Date(moment)) : Date.parse(dates("key").format(moment)));
    const daysFromNow = (moment: Moment): number => Math.round((dayOf(moment) - dayOf(now())) / DAY_MS);
    const date: Format["date"] = (moment, style) => dates(style).format(moment);
    const day: Format["day"] = (moment) => {
        const days = daysFromNow(moment);
        if (days === 0 || days === -1) {
            return capitalize(relatives().format(days, "day"), language);
        }
        if (days < 0 && days >= -WEEKDAY_DAYS_MAX) {
            return capitalize(dates("name").format(moment), language);
        }
        return sameYear(moment, now()) ? capitalize(date(moment, "weekday"), language) : date(moment, "long");
    };
    const time: Format["time"] = (moment, zone) => (zone === undefined ? dates("time") : elsewhere(zone)).format(moment);
    return {
        date,
        time,
        dateTime: (moment) => dates("dateTime").format(moment),
        day,
        brief(moment) {
            const days = daysFromNow(moment);
            if (days === 0) {
                return time(moment);
            }
            if (days < 0 && days >= -WEEKDAY_DAYS_MAX) {
                return day(moment);
            }
            return dates(sameYear(moment, now()) ? "short" : "shortYear").format(moment);
        },
        relative(moment) {
            const distance = new Date(moment).getTime() - now();
            const found = RELATIVE.find(([, length]) => Math.abs(distance) >= length);
            return found ? relatives().format(Math.trunc(distance / found[1]), found[0]) : relatives().format(0, "second");
        },
        duration,
        bytes: (bytes) => writeBytes(bytes, number),
        number,
        list: (items) => lists().format(items),
    };
}

/** The day that a moment belongs to here, as the moment at which it begins in Greenwich. */
function localDay(moment: Date): number {
    return Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate());
}

function sameYear(one: Moment, other: Moment): boolean {
    return new Date(one).getFullYear() === new Date(other).getFullYear();
}

function capitalize(text: string, language: string): string {
    return text.slice(0, 1).toLocaleUpperCase(language) + text.slice(1);
}

function duration(seconds: number): string {
    const whole = Math.max(0, Math.floor(seconds));
    const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
    const two = (value: number): string => String(value).padStart(2, "0");
    return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function writeBytes(bytes: number, number: Format["number"]): string {
    let [value, unit] = [bytes, 0];
    // Half a step below: 999.6 kB would else be written as 1,000 kB.
    while (Math.round(value * 10) / 10 >= BYTE_STEP && unit < BYTE_UNITS.length - 1) {
        value /= BYTE_STEP;
        unit += 1;
    }
    return number(value, {
        style: "unit",
        unit: BYTE_UNITS[unit] ?? "byte",
        unitDisplay: unit === 0 ? "long" : "short",
        maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
    });
}
