/** A list of things to do: behind a button, or where somebody pressed the right button of the mouse. */
import {
    type KeyboardEvent,
    type MouseEvent,
    type ReactElement,
    type ReactNode,
    type RefObject,
    cloneElement,
    createContext,
    use,
    useCallback,
    useEffect,
    useId,
    useRef,
    useState,
} from "react";
import { classes } from "../classes";
import floating from "../floating/floating.module.css";
import { useDismiss } from "../floating/useDismiss";
import { type Anchor, useFloating } from "../floating/useFloating";
import type { Placement } from "../types";
import { Icon } from "./Icon";
import { Kbd } from "./Kbd";
import styles from "./Menu.module.css";
import type { IconName } from "./icons";
import { byText, nextIndex } from "./move";

/** Closes the menu and puts the focus back where it was. */
const Close = createContext<() => void>(() => undefined);

interface TriggerProps {
    onClick?: (event: MouseEvent<HTMLButtonElement>) => void;
    "aria-haspopup"?: "menu";
    "aria-expanded"?: boolean;
    "aria-controls"?: string | undefined;
}

export interface MenuProps {
    /** The menu's name. */
    readonly label: string;
    /** A `Button` or `IconButton`. */
    readonly trigger: ReactElement<TriggerProps>;
    readonly placement?: Placement | undefined;
    readonly children: ReactNode;
}

export function Menu({ label, trigger, placement = "bottom-start", children }: MenuProps): ReactNode {
    const id = useId();
    const [open, setOpen] = useState(false);
    const wrapper = useRef<HTMLSpanElement>(null);
    const anchor = useCallback(() => wrapper.current?.getBoundingClientRect() ?? null, []);
    const close = (): void => {
        setOpen(false);
        wrapper.current?.querySelector<HTMLElement>("button")?.focus();
    };
    const own = trigger.props;
    return (
        <span ref={wrapper} className={styles.wrapper}>
            {cloneElement(trigger, {
                "aria-haspopup": "menu",
                "aria-expanded": open,
                "aria-controls": open ? id : undefined,
                onClick: (event: MouseEvent<HTMLButtonElement>) => {
                    own.onClick?.(event);
                    setOpen(!open);
                },
            })}
            {open && (
                <Panel id={id} label={label} anchor={anchor} placement={placement} inside={wrapper} onClose={close}>
                    {children}
                </Panel>
            )}
        </span>
    );
}

export interface ContextMenuProps {
    readonly label: string;
    /** Where it opens, as `clientX` and `clientY` of the event tell; `null`: it is closed. */
    readonly position: { readonly x: number; readonly y: number } | null;
    readonly onClose: () => void;
    readonly children: ReactNode;
}

export function ContextMenu({ label, position, onClose, children }: ContextMenuProps): ReactNode {
    return position === null ? null : (
        // Another place is another menu: its focus begins at the first item again.
        <Opened key={`${position.x} ${position.y}`} label={label} position={position} onClose={onClose}>
            {children}
        </Opened>
    );
}

function Opened({
    label,
    position: { x, y },
    onClose,
    children,
}: ContextMenuProps & { readonly position: { readonly x: number; readonly y: number } }): ReactNode {
    const id = useId();
    const [before] = useState(() => document.activeElement);
    const anchor = useCallback(() => ({ left: x, top: y, width: 0, height: 0 }), [x, y]);
    const close = (): void => {
        onClose();
        if (before instanceof HTMLElement) {
            before.focus();
        }
    };
    return (
        <Panel id={id} label={label} anchor={anchor} placement="bottom-start" onClose={close}>
            {children}
        </Panel>
    );
}

interface PanelProps {
    readonly id: string;
    readonly label: string;
    readonly anchor: Anchor;
    readonly placement: Placement;
    /** Pressing it does not close the menu: it does so itself. */
    readonly inside?: RefObject<HTMLElement | null>;
    readonly onClose: () => void;
    readonly children: ReactNode;
}

function Panel({ id, label, anchor, placement, inside, onClose, children }: PanelProps): ReactNode {
    const panel = useFloating<HTMLDivElement>(anchor, { placement, gap: 4 });
    const typed = useRef({ text: "", at: 0 });
    useDismiss(inside === undefined ? [panel] : [panel, inside], onClose);
    useEffect(() => {
        const all = items(panel.current);
        (all.find((item) => item.ariaChecked === "true") ?? all[0])?.focus();
    }, [panel]);
    const key = (event: KeyboardEvent<HTMLDivElement>): void => {
        // What the menu stands in has no part in it: not in its keys, not in its presses.
        event.stopPropagation();
        const all = items(panel.current);
        const current = all.indexOf(document.activeElement as HTMLElement);
        const next = nextIndex(event.key, current, all.length) ?? byText(event, typed.current, all, current);
        if (next !== undefined) {
            event.preventDefault();
            all[next]?.focus();
        } else if (event.key === "Tab") {
            event.preventDefault();
            onClose();
        }
    };
    return (
        <div
            ref={panel}
            id={id}
            role="menu"
            aria-label={label}
            popover="manual"
            className={classes(floating.floating, styles.panel)}
            onKeyDown={key}
            onClick={(event) => {
                event.stopPropagation();
            }}
            onContextMenu={(event) => {
                event.preventDefault();
            }}
        >
            <Close value={onClose}>{children}</Close>
        </div>
    );
}

function items(panel: HTMLElement | null): readonly HTMLElement[] {
    return [...(panel?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)') ?? [])];
}

export interface MenuItemProps {
    readonly icon?: IconName | undefined;
    /** Keys that do the same, as in `Kbd`. */
    readonly shortcut?: string | undefined;
    /** It takes something away. */
    readonly danger?: boolean | undefined;
    readonly disabled?: boolean | undefined;
    /** For a choice: whether it is the one. */
    readonly checked?: boolean | undefined;
    readonly hint?: string | undefined;
    /** At its end: how many of something wait there. */
    readonly badge?: ReactNode;
    readonly onSelect: () => void;
    readonly children: ReactNode;
}

export function MenuItem(props: MenuItemProps): ReactNode {
    const { icon, shortcut, danger = false, disabled = false, checked, hint, badge, onSelect, children } = props;
    const close = use(Close);
    const choose = (): void => {
        // The focus goes back first: a dialog that opens now returns it there when it closes.
        close();
        onSelect();
    };
    return (
        <button
            type="button"
            role={checked === undefined ? "menuitem" : "menuitemcheckbox"}
            aria-checked={checked}
            tabIndex={-1}
            className={styles.item}
            data-danger={danger || undefined}
            disabled={disabled}
            onClick={choose}
            onPointerMove={(event) => {
                // What is pointed at and what has the focus is one thing.
                event.currentTarget.focus({ preventScroll: true });
            }}
        >
            {icon !== undefined && <Icon name={icon} size={16} />}
            <span className={styles.words}>
                {children}
                {hint !== undefined && <span className={styles.hint}>{hint}</span>}
            </span>
            {badge}
            {shortcut !== undefined && (
                <span className={styles.shortcut} aria-hidden="true">
                    <Kbd keys={shortcut} />
                </span>
            )}
            {checked !== undefined && <span className={styles.check}>{checked && <Icon name="check" size={16} />}</span>}
        </button>
    );
}

export interface MenuGroupProps {
    readonly label: string;
    /** A few small things beside each other, without the label being shown. */
    readonly inline?: boolean | undefined;
    readonly children: ReactNode;
}

export function MenuGroup({ label, inline = false, children }: MenuGroupProps): ReactNode {
    const id = useId();
    if (inline) {
        return (
            <div role="group" aria-label={label} className={styles.inline}>
                {children}
            </div>
        );
    }
    return (
        <div role="group" aria-labelledby={id}>
            <div id={id} className={styles.group}>
                {label}
            </div>
            {children}
        </div>
    );
}

export function MenuSeparator(): ReactNode {
    return <div role="separator" className={styles.separator} />;
}
