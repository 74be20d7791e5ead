/** A few words beside something that is pointed at or has the focus. Fingers do not point, so they get none. */
import {
    type FocusEvent,
    type HTMLAttributes,
    type PointerEvent,
    type ReactElement,
    type ReactNode,
    cloneElement,
    useCallback,
    useEffect,
    useId,
    useState,
} from "react";
import { useFloating } from "../floating/useFloating";
import type { Placement } from "../types";
import { Kbd } from "./Kbd";
import styles from "./Tooltip.module.css";

export interface TooltipProps {
    readonly text: string;
    readonly shortcut?: string | undefined;
    readonly placement?: Placement | undefined;
    /** The text is the element's name already, so it is not read out twice. */
    readonly isName?: boolean | undefined;
    /** One element that takes the attributes of an HTML element. */
    readonly children: ReactElement<HTMLAttributes<HTMLElement>>;
}

/** Who only crosses it wants nothing of it. */
const DELAY_MS = 450;
const GAP = 6;

export function Tooltip({ text, shortcut, placement = "top", isName = false, children }: TooltipProps): ReactNode {
    const id = useId();
    const [anchor, setAnchor] = useState<HTMLElement | null>(null);
    const [waiting, setWaiting] = useState<HTMLElement | null>(null);
    useEffect(() => {
        if (waiting === null) {
            return undefined;
        }
        const timer = setTimeout(() => {
            // What it would say is said by what has opened.
            if (waiting.ariaExpanded !== "true") {
                setAnchor(waiting);
            }
        }, DELAY_MS);
        return () => {
            clearTimeout(timer);
        };
    }, [waiting]);
    const hide = (): void => {
        setWaiting(null);
        setAnchor(null);
    };
    const own = children.props;
    const child = cloneElement(children, {
        ...(anchor !== null && !isName ? { "aria-describedby": id } : {}),
        onPointerEnter: (event: PointerEvent<HTMLElement>) => {
            own.onPointerEnter?.(event);
            if (event.pointerType === "mouse") {
                setWaiting(event.currentTarget);
            }
        },
        onPointerLeave: (event: PointerEvent<HTMLElement>) => {
            own.onPointerLeave?.(event);
            hide();
        },
        onPointerDown: (event: PointerEvent<HTMLElement>) => {
            own.onPointerDown?.(event);
            hide();
        },
        onFocus: (event: FocusEvent<HTMLElement>) => {
            own.onFocus?.(event);
            if (event.currentTarget.matches(":focus-visible")) {
                setAnchor(event.currentTarget);
            }
        },
        onBlur: (event: FocusEvent<HTMLElement>) => {
            own.onBlur?.(event);
            hide();
        },
    });
    return (
        <>
            {child}
            {anchor !== null && (
                <Bubble id={id} anchor={anchor} placement={placement} isName={isName} onEscape={hide}>
                    {text}
                    {shortcut !== undefined && <Kbd keys={shortcut} />}
                </Bubble>
            )}
        </>
    );
}

interface BubbleProps {
    readonly id: string;
    readonly anchor: HTMLElement;
    readonly placement: Placement;
    readonly isName: boolean;
    readonly onEscape: () => void;
    readonly children: ReactNode;
}

function Bubble({ id, anchor, placement, isName, onEscape, children }: BubbleProps): ReactNode {
    const rect = useCallback(() => anchor.getBoundingClientRect(), [anchor]);
    const panel = useFloating<HTMLSpanElement>(rect, { placement, gap: GAP });
    useEffect(() => {
        const key = (event: KeyboardEvent): void => {
            if (event.key === "Escape") {
                onEscape();
            }
        };
        document.addEventListener("keydown", key, true);
        return () => {
            document.removeEventListener("keydown", key, true);
        };
    }, [onEscape]);
    return (
        <span
            ref={panel}
            id={id}
            role="tooltip"
            popover="manual"
            className={styles.tooltip}
            aria-hidden={isName || undefined}
        >
            {children}
        </span>
    );
}
