/** The sign of the product: an assembly, people in a circle around the one who speaks. */
import type { ReactNode } from "react";
import styles from "./Logo.module.css";

const PEOPLE = 8;
const DISTANCE = 8.2;

/** Decoration: the product's name stands beside it. */
export function Logo({ size = 32 }: { readonly size?: number }): ReactNode {
    return (
        <svg className={styles.logo} width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect className={styles.ground} width="32" height="32" rx="9" />
            {Array.from({ length: PEOPLE }, (_, index) => {
                const angle = ((index + 0.5) / PEOPLE) * 2 * Math.PI;
                const [x, y] = [16 + DISTANCE * Math.sin(angle), 16 - DISTANCE * Math.cos(angle)];
                return <circle key={index} className={styles.person} cx={x} cy={y} r="2" />;
            })}
            <circle className={styles.speaker} cx="16" cy="16" r="3.4" />
        </svg>
    );
}
