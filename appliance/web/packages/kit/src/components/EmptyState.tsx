/** What stands where there is nothing yet, and what to do about it. */
import type { ReactNode } from "react";
import styles from "./EmptyState.module.css";
import { Icon } from "./Icon";
import type { IconName } from "./icons";

export interface EmptyStateProps {
    readonly icon?: IconName | undefined;
    readonly title: string;
    readonly text?: ReactNode;
    readonly action?: ReactNode;
    /** The level of its heading. */
    readonly level?: 1 | 2 | 3 | undefined;
}

export function EmptyState({ icon, title, text, action, level = 2 }: EmptyStateProps): ReactNode {
    const Heading = `h${level}` as const;
    return (
        <div className={styles.empty}>
            {icon !== undefined && (
                <span className={styles.icon}>
                    <Icon name={icon} size={24} />
                </span>
            )}
            <Heading className={styles.title}>{title}</Heading>
            {text !== undefined && <div className={styles.text}>{text}</div>}
            {action !== undefined && <div className={styles.action}>{action}</div>}
        </div>
    );
}
