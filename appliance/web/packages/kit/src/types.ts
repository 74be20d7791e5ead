/** Words that several components share. */
import type { ReactNode } from "react";

/** How much room a control takes. */
export type Size = "small" | "medium" | "large";

/** What a color says. */
export type Tone = "neutral" | "accent" | "success" | "warning" | "danger";

/** On which side of its anchor something opens, and along which edge it lies. */
export type Placement =
    | "top"
    | "bottom"
    | "start"
    | "end"
    | "top-start"
    | "top-end"
    | "bottom-start"
    | "bottom-end";

/** What a list offers. */
export interface Option {
    readonly value: string;
    readonly label: string;
    /** A second, quieter line. */
    readonly hint?: string | undefined;
    /** What stands before the label: an avatar, an icon. */
    readonly start?: ReactNode;
    readonly disabled?: boolean | undefined;
}
