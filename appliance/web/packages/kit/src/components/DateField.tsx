/** A day: typed as the reader's language writes it, or chosen in a calendar. */
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { type DayLetters, addDays, addMonths, dayPattern, dayWords, readDay, today, weekEdges, weeksOf, writeDay } from "../days";
import styles from "./DateField.module.css";
import { type FieldProps, isThere } from "./Field";
import { IconButton } from "./IconButton";
import { Popover } from "./Popover";
import { TextField } from "./TextField";

export interface DateWords {
    readonly letters: DayLetters;
    /** The name of the button that opens the calendar, and of the calendar. */
    readonly calendar: string;
    readonly previous: string;
    readonly next: string;
    /** What is said of a text that is no day; `pattern` is how one is written. */
    readonly invalid: (pattern: string) => string;
}

export interface DateFieldProps extends FieldProps {
    /** `2026-03-05`; empty: none. */
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly language: string;
    readonly words: DateWords;
}

export function DateField({ value, onChange, language, words, error, ...rest }: DateFieldProps): ReactNode {
    const [text, setText] = useState<string | null>(null);
    const [left, setLeft] = useState(false);
    const [open, setOpen] = useState(false);
    const anchor = useRef<HTMLSpanElement>(null);
    const pattern = dayPattern(language, words.letters);
    // What was typed stands as it was typed, as long as it means what the field holds; set from elsewhere, that stands there.
    const typed = text !== null && (readDay(text, language) ?? "") === value ? text : null;
    const invalid = left && typed !== null && typed.trim() !== "" && readDay(typed, language) === null;
    const choose = (day: string): void => {
        setText(null);
        setOpen(false);
        onChange(day);
    };
    return (
        <>
            <TextField
                {...rest}
                value={typed ?? writeDay(value, language)}
                placeholder={pattern}
                inputMode="numeric"
                autoComplete="off"
                error={invalid ? words.invalid(pattern) : isThere(error) ? error : undefined}
                onChange={(next) => {
                    setText(next);
                    setLeft(false);
                    onChange(readDay(next, language) ?? "");
                }}
                onBlur={() => {
                    setLeft(true);
                    if (typed !== null && readDay(typed, language) !== null) setText(null);
                }}
                onKeyDown={(event) => {
                    if (event.key !== "ArrowDown" || !event.altKey) return;
                    event.preventDefault();
                    setOpen(true);
                }}
                end={
                    <span ref={anchor}>
                        <IconButton icon="calendar" size="small" label={words.calendar} tooltip="top" aria-haspopup="dialog" aria-expanded={open} onClick={() => { setOpen(!open); }} />
                    </span>
                }
            />
            <Popover open={open} onClose={() => { setOpen(false); }} label={words.calendar} anchor={anchor} placement="bottom-end" modal>
                <Calendar value={value} language={language} words={words} onChoose={choose} />
            </Popover>
        </>
    );
}

interface CalendarProps extends Pick<DateFieldProps, "value" | "language" | "words"> {
    readonly onChoose: (day: string) => void;
}

function Calendar({ value, language, words, onChoose }: CalendarProps): ReactNode {
    const [now] = useState(() => today(Date.now()));
    const [current, setCurrent] = useState(value === "" ? now : value);
    const grid = useRef<HTMLTableElement>(null);
    const byKey = useRef(false);
    useEffect(() => {
        // At first the panel gives the focus; those who press the arrows beside the month stay there.
        if (byKey.current) grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    }, [current]);
    const turn = (months: number) => (): void => {
        byKey.current = false;
        setCurrent(addMonths(current, months));
    };
    const press = (event: KeyboardEvent): void => {
        const next = stepOf(event, current, language);
        if (next === null) return;
        event.preventDefault();
        byKey.current = true;
        setCurrent(next);
    };
    return (
        <div className={styles.calendar}>
            <div className={styles.head}>
                <IconButton icon="chevron-left" size="small" label={words.previous} tooltip={false} onClick={turn(-1)} />
                <span className={styles.month} aria-live="polite">
                    {dayWords(language, { month: "long", year: "numeric" })(current)}
                </span>
                <IconButton icon="chevron-right" size="small" label={words.next} tooltip={false} onClick={turn(1)} />
            </div>
            <table ref={grid} role="grid" className={styles.grid} aria-label={dayWords(language, { month: "long", year: "numeric" })(current)} onKeyDown={press}>
                <Weekdays month={current} language={language} />
                <tbody>
                    {weeksOf(current, language).map((week) => (
                        <tr key={week[0]}>
                            {week.map((day) => (
                                <td key={day} role="gridcell" aria-selected={day === value}>
                                    <button
                                        type="button"
                                        className={styles.day}
                                        tabIndex={day === current ? 0 : -1}
                                        data-autofocus={day === current || undefined}
                                        aria-label={dayWords(language, { day: "numeric", month: "long", year: "numeric", weekday: "long" })(day)}
                                        aria-current={day === now ? "date" : undefined}
                                        data-chosen={day === value || undefined}
                                        data-other={day.slice(0, 7) !== current.slice(0, 7) || undefined}
                                        onClick={() => { onChoose(day); }}
                                    >
                                        {Number(day.slice(8))}
                                    </button>
                                </td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

function Weekdays({ month, language }: { readonly month: string; readonly language: string }): ReactNode {
    const [short, long] = [dayWords(language, { weekday: "short" }), dayWords(language, { weekday: "long" })];
    return (
        <thead>
            <tr>
                {(weeksOf(month, language)[0] ?? []).map((day) => (
                    <th key={day} scope="col" abbr={long(day)}>
                        {short(day)}
                    </th>
                ))}
            </tr>
        </thead>
    );
}

/** Where a key leads in the calendar; null: nowhere. */
function stepOf({ key, shiftKey }: KeyboardEvent, day: string, language: string): string | null {
    switch (key) {
        case "ArrowLeft":
            return addDays(day, -1);
        case "ArrowRight":
            return addDays(day, 1);
        case "ArrowUp":
            return addDays(day, -7);
        case "ArrowDown":
            return addDays(day, 7);
        case "Home":
            return weekEdges(day, language)[0];
        case "End":
            return weekEdges(day, language)[1];
        case "PageUp":
            return addMonths(day, shiftKey ? -12 : -1);
        case "PageDown":
            return addMonths(day, shiftKey ? 12 : 1);
        default:
            return null;
    }
}
