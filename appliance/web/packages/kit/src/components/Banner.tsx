/** Something to know about the whole page or part of it. */
import type { ReactNode } from "react";
import styles from "./Banner.module.css";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import type { IconName } from "./icons";

type BannerTone = "info" | "success" | "warning" | "danger";

export interface BannerProps {
    readonly tone?: BannerTone | undefined;
    readonly title?: string | undefined;
    readonly action?: ReactNode;
    readonly onDismiss?: (() => void) | undefined;
    /** The name of the cross; needed with `onDismiss`. */
    readonly dismissLabel?: string | undefined;
    readonly children?: ReactNode;
}

const ICONS: Readonly<Record<BannerTone, IconName>> = {
    info: "info",
    success: "check-circle",
    warning: "warning",
    danger: "error",
};

export function Banner({ tone = "info", title, action, onDismiss, dismissLabel = "", children }: BannerProps): ReactNode {
    return (
        <div role={tone === "danger" ? "alert" : "status"} className={styles.banner} data-tone={tone}>
            <Icon name={ICONS[tone]} size={20} className={styles.icon} />
            <div className={styles.middle}>
                <div className={styles.words}>
                    {title !== undefined && <p className={styles.title}>{title}</p>}
                    {children !== undefined && <div>{children}</div>}
                </div>
                {action !== undefined && <div className={styles.action}>{action}</div>}
            </div>
            {onDismiss !== undefined && (
                <IconButton icon="close" size="small" label={dismissLabel} onClick={onDismiss} />
            )}
        </div>
    );
}
