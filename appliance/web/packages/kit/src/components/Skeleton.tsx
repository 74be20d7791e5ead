/** What is coming, in outline. Screen readers hear nothing of it: say what is loading with a `Spinner`'s words. */
import type { ReactNode } from "react";
import styles from "./Skeleton.module.css";

export interface SkeletonProps {
    readonly shape?: "text" | "circle" | "block" | undefined;
    /** Pixels, or a length of CSS. */
    readonly width?: string | number | undefined;
    readonly height?: string | number | undefined;
    /** For text: how many lines; the last is shorter. */
    readonly lines?: number | undefined;
}

export function Skeleton({ shape = "text", width, height, lines = 1 }: SkeletonProps): ReactNode {
    return (
        <span className={styles.skeleton} aria-hidden="true">
            {Array.from({ length: shape === "text" ? lines : 1 }, (_, index) => (
                <span
                    key={index}
                    className={styles.piece}
                    data-shape={shape}
                    data-last={(lines > 1 && index === lines - 1) || undefined}
                    style={{ inlineSize: width, blockSize: height }}
                />
            ))}
        </span>
    );
}
