/** How something went from day to day: a bar for each. Those who cannot see it are given the summary. */
import type { CSSProperties, ReactNode } from "react";
import styles from "./BarChart.module.css";

export interface Bar {
    readonly id: string;
    readonly value: number;
    /** What it is, with its number: "5 March: 12 messages". */
    readonly title: string;
}

/** What stands below a bar. */
interface BarTick {
    /** Which bar, from 0 on. */
    readonly at: number;
    readonly text: string;
}

export interface BarChartProps {
    /** What is shown, in a sentence: it stands for the picture. */
    readonly label: string;
    readonly bars: readonly Bar[];
    /** From left to right, with room for their words between them. */
    readonly ticks?: readonly BarTick[] | undefined;
    /** The number of the highest bar in words; it stands at the line above the bars. */
    readonly top?: string | undefined;
}

const HEIGHT = 64;
/** The part of a bar's place that is left free. */
const GAP = 0.25;
/** What is not nothing is seen. */
const SMALLEST = 1.5;
/** A tick so near to an end, as a part of the width, begins or ends with its bar, where its words would stick out. */
const END_PART = 0.1;

/** How high a bar is, of so many pixels. Pure. */
export function barHeight(value: number, most: number, height: number = HEIGHT): number {
    return value <= 0 || most <= 0 ? 0 : Math.max(SMALLEST, (value / most) * height);
}

/** Where a tick stands: which edge of its words is held, and how far from the left, in percent. Pure. */
export function tickPlace(at: number, count: number): { readonly edge: "start" | "middle" | "end"; readonly percent: number } {
    const middle = (at + 0.5) / Math.max(1, count);
    if (middle > 1 - END_PART) return { edge: "end", percent: ((at + 1) / Math.max(1, count)) * 100 };
    if (middle < END_PART) return { edge: "start", percent: (at / Math.max(1, count)) * 100 };
    return { edge: "middle", percent: middle * 100 };
}

export function BarChart({ label, bars, ticks = [], top }: BarChartProps): ReactNode {
    const most = Math.max(0, ...bars.map((bar) => bar.value));
    return (
        <figure className={styles.figure}>
            {top !== undefined && (
                <div className={styles.top} aria-hidden="true">
                    {most > 0 ? top : ""}
                </div>
            )}
            <svg
                className={styles.chart}
                role="img"
                aria-label={label}
                data-top={(top !== undefined && most > 0) || undefined}
                viewBox={`0 0 ${Math.max(1, bars.length)} ${HEIGHT}`}
                preserveAspectRatio="none"
            >
                {bars.map(({ id, value, title }, index) => {
                    const height = barHeight(value, most);
                    return (
                        <g key={id} className={styles.slot}>
                            <title>{title}</title>
                            <rect className={styles.place} x={index} y={0} width={1} height={HEIGHT} />
                            {/* The place of a day is seen where nothing happened, too. */}
                            <rect className={styles.ground} x={index + GAP / 2} y={0} width={1 - GAP} height={HEIGHT} />
                            <rect className={styles.bar} x={index + GAP / 2} y={HEIGHT - height} width={1 - GAP} height={height} />
                        </g>
                    );
                })}
            </svg>
            {ticks.length > 0 && (
                <figcaption className={styles.ticks} aria-hidden="true">
                    {ticks.map(({ at, text }) => {
                        const { edge, percent } = tickPlace(at, bars.length);
                        const style: CSSProperties = { left: `${percent}%` };
                        return (
                            <span key={at} className={styles.tick} data-edge={edge} style={style}>
                                {text}
                            </span>
                        );
                    })}
                </figcaption>
            )}
        </figure>
    );
}
