/** How far something is. */
import { type ReactNode, useId } from "react";
import { classes } from "../classes";
import type { Tone } from "../types";
import styles from "./ProgressBar.module.css";

export interface ProgressBarProps {
    readonly label: string;
    readonly hideLabel?: boolean | undefined;
    /** From 0 to 1; none: it is under way, and nobody knows how far. */
    readonly value?: number | undefined;
    /** How far in words: "3 of 12 files". */
    readonly detail?: string | undefined;
    readonly tone?: Tone | undefined;
    readonly className?: string | undefined;
}

export function ProgressBar(props: ProgressBarProps): ReactNode {
    const { label, hideLabel = false, value, detail, tone = "accent", className } = props;
    const id = useId();
    const percent = value === undefined ? undefined : Math.round(Math.max(0, Math.min(1, value)) * 100);
    return (
        <div className={classes(styles.progress, className)}>
            <div className={styles.words} data-hidden={hideLabel || undefined}>
                <span id={id}>{label}</span>
                {detail !== undefined && <span className={styles.detail}>{detail}</span>}
            </div>
            <div
                role="progressbar"
                className={styles.track}
                aria-labelledby={id}
                aria-valuemin={0}
                aria-valuemax={100}
                aria-valuenow={percent}
                aria-valuetext={detail}
            >
                <div
                    className={styles.bar}
                    data-tone={tone}
                    data-unknown={percent === undefined || undefined}
                    style={percent === undefined ? undefined : { inlineSize: `${percent}%` }}
                />
            </div>
        </div>
    );
}
