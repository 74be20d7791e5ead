/** Buttons, and links that look like them. */
import type { ComponentPropsWithRef, MouseEvent, ReactNode } from "react";
import { classes } from "../classes";
import type { Size } from "../types";
import styles from "./Button.module.css";
import { Icon } from "./Icon";
import { Ring } from "./Spinner";
import type { IconName } from "./icons";

/** How much a button asks to be pressed. One page has one primary button. */
export type ButtonVariant = "primary" | "secondary" | "ghost" | "danger";

interface Look {
    readonly variant?: ButtonVariant | undefined;
    readonly size?: Size | undefined;
    readonly icon?: IconName | undefined;
    readonly iconEnd?: IconName | undefined;
    /** As wide as what it stands in. */
    readonly block?: boolean | undefined;
}

export interface ButtonProps extends Look, ComponentPropsWithRef<"button"> {
    /** What it does is under way: it keeps its place, its name and the focus, and ignores presses. */
    readonly busy?: boolean | undefined;
}

export interface ButtonLinkProps extends Look, ComponentPropsWithRef<"a"> {
    readonly href: string;
}

export function Button({
    variant = "secondary",
    size = "medium",
    icon,
    iconEnd,
    block = false,
    busy = false,
    className,
    children,
    onClick,
    type = "button",
    autoFocus,
    ...rest
}: ButtonProps): ReactNode {
    const press = (event: MouseEvent<HTMLButtonElement>): void => {
        if (busy) {
            event.preventDefault();
        } else {
            onClick?.(event);
        }
    };
    return (
        <button
            type={type}
            className={classes(styles.button, className)}
            data-variant={variant}
            data-size={size}
            data-block={block || undefined}
            data-autofocus={autoFocus || undefined}
            aria-busy={busy || undefined}
            aria-disabled={busy || undefined}
            onClick={press}
            {...rest}
        >
            <Face icon={icon} iconEnd={iconEnd} size={size}>
                {children}
            </Face>
            {busy && (
                <span className={styles.busy}>
                    <Ring />
                </span>
            )}
        </button>
    );
}

export function ButtonLink({
    variant = "secondary",
    size = "medium",
    icon,
    iconEnd,
    block = false,
    className,
    children,
    ...rest
}: ButtonLinkProps): ReactNode {
    return (
        <a
            className={classes(styles.button, className)}
            data-variant={variant}
            data-size={size}
            data-block={block || undefined}
            {...rest}
        >
            <Face icon={icon} iconEnd={iconEnd} size={size}>
                {children}
            </Face>
        </a>
    );
}

function Face({ icon, iconEnd, size, children }: Look & { readonly children?: ReactNode }): ReactNode {
    const iconSize = size === "small" ? 16 : 20;
    return (
        <span className={styles.face}>
            {icon !== undefined && <Icon name={icon} size={iconSize} />}
            <span className={styles.label}>{children}</span>
            {iconEnd !== undefined && <Icon name={iconEnd} size={iconSize} />}
        </span>
    );
}
