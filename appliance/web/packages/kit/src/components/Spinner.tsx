/** Something is going on, and nobody knows how long. */
import type { ReactNode } from "react";
import type { Size } from "../types";
import styles from "./Spinner.module.css";
import { VisuallyHidden } from "./VisuallyHidden";

export interface SpinnerProps {
    /** What is going on, for screen readers. */
    readonly label: string;
    readonly size?: Size;
}

export function Spinner({ label, size = "medium" }: SpinnerProps): ReactNode {
    return (
        <span role="status" className={styles.spinner} data-size={size}>
            <Ring />
            <VisuallyHidden>{label}</VisuallyHidden>
        </span>
    );
}

/** The turning ring alone, for controls that say themselves that they are busy. */
export function Ring(): ReactNode {
    return (
        <svg className={styles.ring} viewBox="0 0 24 24" fill="none" aria-hidden="true" focusable="false">
            <circle className={styles.track} cx="12" cy="12" r="9" />
            <path className={styles.arc} d="M12 3a9 9 0 0 1 9 9" />
        </svg>
    );
}
