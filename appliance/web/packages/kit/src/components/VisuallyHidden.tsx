/** Text that only screen readers get. */
import type { ReactNode } from "react";
import styles from "./VisuallyHidden.module.css";

export interface VisuallyHiddenProps {
    readonly as?: "span" | "div" | "h1" | "h2";
    readonly children: ReactNode;
}

export function VisuallyHidden({ as: Element = "span", children }: VisuallyHiddenProps): ReactNode {
    return <Element className={styles.hidden}>{children}</Element>;
}
