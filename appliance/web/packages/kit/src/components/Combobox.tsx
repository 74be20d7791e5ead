/** A field that offers what matches what is typed; with `selected` it takes several. Who filters is its user. */
import { type KeyboardEvent, type ReactNode, type RefObject, useCallback, useEffect, useId, useRef, useState } from "react";
import { classes } from "../classes";
import floating from "../floating/floating.module.css";
import { useDismiss } from "../floating/useDismiss";
import { useFloating } from "../floating/useFloating";
import type { Option } from "../types";
import styles from "./Combobox.module.css";
import { type ControlAttributes, Field, type FieldProps } from "./Field";
import { Icon } from "./Icon";
import { OptionRow } from "./OptionRow";
import { Ring } from "./Spinner";
import control from "./control.module.css";
import { nextIndex } from "./move";

interface Chosen {
    readonly value: string;
    readonly label: string;
}

export interface ComboboxProps extends FieldProps {
    readonly query: string;
    readonly onQueryChange: (query: string) => void;
    readonly options: readonly Option[];
    readonly onSelect: (value: string) => void;
    /** What stands in the list if nothing matches. */
    readonly emptyText: string;
    /** What stands there while somebody looks; none: nobody does. */
    readonly busyText?: string | undefined;
    /** What was chosen, for a field of several. */
    readonly selected?: readonly Chosen[] | undefined;
    readonly onRemove?: ((value: string) => void) | undefined;
    /** The name of the cross of one that was chosen. */
    readonly removeLabel?: ((label: string) => string) | undefined;
    readonly placeholder?: string | undefined;
    readonly autoFocus?: boolean | undefined;
    readonly disabled?: boolean | undefined;
    readonly id?: string | undefined;
    readonly className?: string | undefined;
}

export function Combobox(props: ComboboxProps): ReactNode {
    const { label, hideLabel, hint, error, optional, id, className } = props;
    return (
        <Field {...{ label, hideLabel, hint, error, optional, id, className }}>
            {(attributes) => <Control {...props} attributes={attributes} />}
        </Field>
    );
}

/** What the keys are at, and whether the list is open. */
interface ListState {
    readonly open: boolean;
    readonly active: number;
    readonly setOpen: (open: boolean) => void;
    readonly setActive: (active: number) => void;
    readonly choose: (value: string) => void;
}

function useList({ options, onSelect, selected }: ComboboxProps): ListState {
    const [open, setOpen] = useState(false);
    const [active, setActive] = useState(0);
    const choose = (value: string): void => {
        onSelect(value);
        setActive(0);
        // A field of several stays open for the next one.
        setOpen(selected !== undefined);
    };
    return { open, active: Math.min(active, options.length - 1), setOpen, setActive, choose };
}

function press(event: KeyboardEvent<HTMLInputElement>, list: ListState, props: ComboboxProps): void {
    const { options, query, selected = [], onRemove } = props;
    const option = options[list.active];
    // Home and End belong to the text.
    const isEdge = event.key === "Home" || event.key === "End";
    const next = isEdge ? undefined : nextIndex(event.key, list.active, options.length);
    if (next !== undefined) {
        event.preventDefault();
        list.setActive(list.open ? next : 0);
        list.setOpen(true);
    } else if (event.key === "Enter" && list.open && option !== undefined && option.disabled !== true) {
        event.preventDefault();
        list.choose(option.value);
    } else if (event.key === "Backspace" && query === "") {
        const last = selected[selected.length - 1];
        if (last !== undefined) {
            onRemove?.(last.value);
        }
    }
}

function Control(props: ComboboxProps & { readonly attributes: ControlAttributes }): ReactNode {
    const { attributes, query, onQueryChange, selected = [], placeholder, disabled, autoFocus } = props;
    const id = useId();
    const box = useRef<HTMLDivElement>(null);
    const list = useList(props);
    const { open, active, setOpen, setActive } = list;
    const close = (): void => {
        setOpen(false);
    };
    return (
        <div
            ref={box}
            className={classes(control.control, styles.box)}
            onPointerDown={(event) => {
                if (event.target === event.currentTarget) {
                    event.preventDefault();
                    box.current?.querySelector("input")?.focus();
                }
            }}
        >
            <Chips {...props} />
            <input
                role="combobox"
                className={classes(control.input, styles.input)}
                value={query}
                placeholder={selected.length > 0 ? undefined : placeholder}
                disabled={disabled}
                autoComplete="off"
                autoFocus={autoFocus}
                data-autofocus={autoFocus || undefined}
                aria-autocomplete="list"
                aria-expanded={open}
                aria-controls={open ? id : undefined}
                aria-activedescendant={open && active >= 0 ? `${id}-${active}` : undefined}
                onChange={(event) => {
                    onQueryChange(event.currentTarget.value);
                    setActive(0);
                    setOpen(true);
                }}
                onClick={() => {
                    setOpen(true);
                }}
                onBlur={close}
                onKeyDown={(event) => {
                    press(event, list, props);
                }}
                {...attributes}
            />
            {open && (
                <List {...props} id={id} anchor={box} active={active} onPoint={setActive} onSelect={list.choose} onClose={close} />
            )}
        </div>
    );
}

function Chips({ selected = [], onRemove, removeLabel, disabled = false }: ComboboxProps): ReactNode {
    return selected.map(({ value, label }) => (
        <span key={value} className={styles.chip}>
            <span className={styles.chipLabel}>{label}</span>
            {onRemove !== undefined && removeLabel !== undefined && (
                <button
                    type="button"
                    className={styles.remove}
                    aria-label={removeLabel(label)}
                    disabled={disabled}
                    onClick={() => {
                        onRemove(value);
                    }}
                >
                    <Icon name="close" size={12} />
                </button>
            )}
        </span>
    ));
}

interface ListProps extends ComboboxProps {
    readonly id: string;
    readonly anchor: RefObject<HTMLElement | null>;
    readonly active: number;
    readonly onPoint: (index: number) => void;
    readonly onClose: () => void;
}

function List(props: ListProps): ReactNode {
    const { id, label, anchor, active, options, selected = [], busyText, emptyText, onSelect, onPoint, onClose } = props;
    const rect = useCallback(() => anchor.current?.getBoundingClientRect() ?? null, [anchor]);
    const panel = useFloating<HTMLDivElement>(rect, { placement: "bottom-start", gap: 4, matchWidth: true });
    useDismiss([panel, anchor], onClose);
    useEffect(() => {
        panel.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" });
    }, [panel, active]);
    const quiet = busyText ?? (options.length === 0 ? emptyText : undefined);
    return (
        <div
            ref={panel}
            popover="manual"
            className={classes(floating.floating, styles.panel)}
            // Its scroll bar must not take the focus from the field.
            onPointerDown={(event) => {
                event.preventDefault();
            }}
        >
            <div id={id} role="listbox" aria-label={label} aria-multiselectable={props.selected !== undefined || undefined}>
                {options.map((option, index) => (
                    <OptionRow
                        key={option.value}
                        id={`${id}-${index}`}
                        option={option}
                        selected={selected.some(({ value }) => value === option.value)}
                        active={index === active}
                        onChoose={onSelect}
                        onPoint={() => {
                            onPoint(index);
                        }}
                    />
                ))}
            </div>
            <div role="status">
                {quiet !== undefined && (
                    <p className={styles.quiet}>
                        {busyText !== undefined && (
                            <span className={styles.ring}>
                                <Ring />
                            </span>
                        )}
                        {quiet}
                    </p>
                )}
            </div>
        </div>
    );
}
