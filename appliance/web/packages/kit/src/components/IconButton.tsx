/** A button that is an icon. Its label is its name, and is shown when somebody points at it. */
import type { ComponentPropsWithRef, MouseEvent, ReactNode } from "react";
import { classes } from "../classes";
import type { Placement, Size } from "../types";
import type { ButtonVariant } from "./Button";
import { Icon } from "./Icon";
import styles from "./IconButton.module.css";
import { Ring } from "./Spinner";
import { Tooltip } from "./Tooltip";
import type { IconName } from "./icons";

export interface IconButtonProps extends Omit<ComponentPropsWithRef<"button">, "children" | "aria-label"> {
    readonly label: string;
    readonly icon: IconName;
    readonly variant?: ButtonVariant | undefined;
    readonly size?: Size | undefined;
    /** For a switch: whether it is on. */
    readonly pressed?: boolean | undefined;
    readonly busy?: boolean | undefined;
    /** Keys that do the same, as in `Kbd`. */
    readonly shortcut?: string | undefined;
    /** Where the label is shown; `false`: nowhere, because it is written beside it. */
    readonly tooltip?: Placement | false | undefined;
    /** A dot: there is something new behind it. The label must say so too. */
    readonly dot?: boolean | undefined;
}

export function IconButton({
    label,
    icon,
    variant = "ghost",
    size = "medium",
    pressed,
    busy = false,
    shortcut,
    tooltip = "bottom",
    dot = false,
    className,
    onClick,
    autoFocus,
    type = "button",
    ...rest
}: IconButtonProps): ReactNode {
    const press = (event: MouseEvent<HTMLButtonElement>): void => {
        if (busy) {
            event.preventDefault();
        } else {
            onClick?.(event);
        }
    };
    const button = (
        <button
            type={type}
            className={classes(styles.button, className)}
            data-variant={variant}
            data-size={size}
            data-autofocus={autoFocus || undefined}
            aria-label={label}
            aria-pressed={pressed}
            aria-busy={busy || undefined}
            aria-disabled={busy || undefined}
            onClick={press}
            {...rest}
        >
            {busy ? (
                <span className={styles.ring}>
                    <Ring />
                </span>
            ) : (
                <Icon name={icon} size={size === "small" ? 16 : 20} />
            )}
            {dot && <span className={styles.dot} />}
        </button>
    );
    if (tooltip === false) {
        return button;
    }
    return (
        <Tooltip text={label} shortcut={shortcut} placement={tooltip} isName>
            {button}
        </Tooltip>
    );
}
