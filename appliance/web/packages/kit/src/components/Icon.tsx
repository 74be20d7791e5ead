/** One icon. It takes the color of the text around it. */
import type { ReactNode, SVGAttributes } from "react";
import { classes } from "../classes";
import styles from "./Icon.module.css";
import { ICONS, type IconName } from "./icons";

export interface IconProps extends Omit<SVGAttributes<SVGSVGElement>, "name"> {
    readonly name: IconName;
    readonly size?: 12 | 16 | 20 | 24 | 32 | 48;
    /** What it says; none: it is decoration. */
    readonly label?: string | undefined;
}

/** Small icons need heavier strokes, large ones lighter, to look alike. */
const STROKES = { 12: 2.25, 16: 2, 20: 1.75, 24: 1.75, 32: 1.5, 48: 1.25 } as const;

export function Icon({ name, size = 20, label, className, ...rest }: IconProps): ReactNode {
    const naming = label === undefined ? ({ "aria-hidden": true } as const) : { role: "img", "aria-label": label };
    return (
        <svg
            viewBox="0 0 24 24"
            width={size}
            height={size}
            fill="none"
            stroke="currentColor"
            strokeWidth={STROKES[size]}
            strokeLinecap="round"
            strokeLinejoin="round"
            focusable="false"
            className={classes(styles.icon, className)}
            {...naming}
            {...rest}
        >
            <path d={ICONS[name]} />
        </svg>
    );
}
