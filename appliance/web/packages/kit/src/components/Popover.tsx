/** A panel beside what opened it: a picker, a card. It has a name, takes the focus, and gives it back. */
import { type ReactNode, type RefObject, useCallback, useEffect } from "react";
import { classes } from "../classes";
import floating from "../floating/floating.module.css";
import { useDismiss } from "../floating/useDismiss";
import { useFloating } from "../floating/useFloating";
import type { Placement } from "../types";
import styles from "./Popover.module.css";
import { firstFocusable, keepFocus } from "./focus";

export interface PopoverProps {
    readonly open: boolean;
    readonly onClose: () => void;
    readonly label: string;
    readonly anchor: RefObject<HTMLElement | null>;
    readonly placement?: Placement | undefined;
    /** Tab stays inside. */
    readonly modal?: boolean | undefined;
    readonly className?: string | undefined;
    readonly children: ReactNode;
}

export function Popover({ open, ...rest }: PopoverProps): ReactNode {
    return open ? <Opened {...rest} /> : null;
}

function Opened(props: Omit<PopoverProps, "open">): ReactNode {
    const { onClose, label, anchor, placement = "bottom-start", modal = false, className, children } = props;
    const rect = useCallback(() => anchor.current?.getBoundingClientRect() ?? null, [anchor]);
    const panel = useFloating<HTMLDivElement>(rect, { placement, gap: 6 });
    useDismiss([panel, anchor], onClose);
    useEffect(() => {
        const before = document.activeElement;
        const element = panel.current;
        (firstFocusable(element) ?? element)?.focus();
        return () => {
            // Only if it still has it: whoever pressed elsewhere wants it there.
            const now = document.activeElement;
            if (before instanceof HTMLElement && (now === document.body || element?.contains(now))) {
                before.focus();
            }
        };
    }, [panel]);
    return (
        <div
            ref={panel}
            role="dialog"
            aria-label={label}
            aria-modal={modal || undefined}
            tabIndex={-1}
            popover="manual"
            className={classes(floating.floating, styles.popover, className)}
            onKeyDown={modal ? keepFocus : undefined}
        >
            {children}
        </div>
    );
}
