/** A short word about something, and how many of something there are. */
import type { ReactNode } from "react";
import type { Tone } from "../types";
import styles from "./Badge.module.css";
import { Icon } from "./Icon";
import { VisuallyHidden } from "./VisuallyHidden";
import type { IconName } from "./icons";

export interface BadgeProps {
    readonly tone?: Tone | undefined;
    readonly solid?: boolean | undefined;
    readonly icon?: IconName | undefined;
    readonly children: ReactNode;
}

export function Badge({ tone = "neutral", solid = false, icon, children }: BadgeProps): ReactNode {
    return (
        <span className={styles.badge} data-tone={tone} data-solid={solid || undefined}>
            {icon !== undefined && <Icon name={icon} size={12} />}
            {children}
        </span>
    );
}

export interface CountBadgeProps {
    readonly count: number;
    readonly tone?: Tone | undefined;
    /** What is counted, with the number: "3 unread messages". */
    readonly label: string;
    /** More is "99+". */
    readonly max?: number | undefined;
}

/** Nothing for none. */
export function CountBadge({ count, tone = "neutral", label, max = 99 }: CountBadgeProps): ReactNode {
    if (count <= 0) {
        return null;
    }
    return (
        <span className={styles.count} data-tone={tone}>
            <span aria-hidden="true">{count > max ? `${max}+` : count}</span>
            <VisuallyHidden>{label}</VisuallyHidden>
        </span>
    );
}
