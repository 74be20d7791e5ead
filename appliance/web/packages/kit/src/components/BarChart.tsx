/** How something went from day to day: a bar for each. Those who cannot see it are given the summary. */
import type { ReactNode } from "react";
import styles from "./BarChart.module.css";

export interface Bar {
    readonly id: string;
    readonly value: number;
    /** What it is, with its number: "5 March: 12 messages". */
    readonly title: string;
}

export interface BarChartProps {
    /** What is shown, in a sentence: it stands for the picture. */
    readonly label: string;
    readonly bars: readonly Bar[];
    /** What stands below the first and the last bar. */
    readonly from?: string | undefined;
    readonly to?: string | undefined;
}

const HEIGHT = 64;
/** The part of a bar's place that is left free. */
const GAP = 0.25;
/** What is not nothing is seen. */
const SMALLEST = 1.5;

/** How high a bar is, of so many pixels. Pure. */
export function barHeight(value: number, most: number, height: number = HEIGHT): number {
    return value <= 0 || most <= 0 ? 0 : Math.max(SMALLEST, (value / most) * height);
}

export function BarChart({ label, bars, from, to }: BarChartProps): ReactNode {
    const most = Math.max(0, ...bars.map((bar) => bar.value));
    return (
        <figure className={styles.figure}>
            <svg
                className={styles.chart}
                role="img"
                aria-label={label}
                viewBox={`0 0 ${Math.max(1, bars.length)} ${HEIGHT}`}
                preserveAspectRatio="none"
            >
                {bars.map(({ id, value, title }, index) => {
                    const height = barHeight(value, most);
                    return (
                        <g key={id}>
                            <title>{title}</title>
                            <rect className={styles.place} x={index} y={0} width={1} height={HEIGHT} />
                            <rect className={styles.bar} x={index + GAP / 2} y={HEIGHT - height} width={1 - GAP} height={height} />
                        </g>
                    );
                })}
            </svg>
            {(from !== undefined || to !== undefined) && (
                <figcaption className={styles.ends} aria-hidden="true">
                    <span>{from}</span>
                    <span>{to}</span>
                </figcaption>
            )}
        </figure>
    );
}
