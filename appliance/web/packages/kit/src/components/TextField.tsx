/** One line of text. */
import { type ComponentPropsWithRef, type ReactNode, type Ref, useRef, useState } from "react";
import type { Size } from "../types";
import { Field, type FieldProps } from "./Field";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import styles from "./control.module.css";
import type { IconName } from "./icons";

type Native = Omit<ComponentPropsWithRef<"input">, "value" | "onChange" | "type" | "size" | "ref">;

export interface TextFieldProps extends FieldProps, Native {
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly type?: "text" | "password" | "email" | "search" | "url" | "tel" | "number" | undefined;
    readonly icon?: IconName | undefined;
    readonly size?: Size | undefined;
    /** What stands at its end: a unit, a button. */
    readonly end?: ReactNode;
    /** For a password: the names of the button that shows it. */
    readonly reveal?: { readonly show: string; readonly hide: string } | undefined;
    /** The name of a button that empties it; none: there is no such button. */
    readonly clearLabel?: string | undefined;
    readonly ref?: Ref<HTMLInputElement> | undefined;
}

export function TextField(props: TextFieldProps): ReactNode {
    const { label, hideLabel, hint, error, optional, id, className, ...rest } = props;
    return (
        <Field {...{ label, hideLabel, hint, error, optional, id, className }}>
            {(attributes) => <Control {...rest} {...attributes} />}
        </Field>
    );
}

function Control({
    value,
    onChange,
    type = "text",
    icon,
    size = "medium",
    end,
    reveal,
    clearLabel,
    autoFocus,
    ref,
    ...rest
}: Omit<TextFieldProps, keyof FieldProps>): ReactNode {
    const [shown, setShown] = useState(false);
    const box = useRef<HTMLDivElement>(null);
    const focus = (): void => {
        box.current?.querySelector("input")?.focus();
    };
    const clear = clearLabel !== undefined && value !== "" && !(rest.disabled ?? false);
    return (
        <div
            ref={box}
            className={styles.control}
            data-size={size}
            onPointerDown={(event) => {
                // Beside the text: the icon, the edge.
                if (event.target === event.currentTarget) {
                    event.preventDefault();
                    focus();
                }
            }}
        >
            {icon !== undefined && <Icon name={icon} size={size === "small" ? 16 : 20} />}
            <input
                ref={ref}
                className={styles.input}
                type={reveal !== undefined && shown ? "text" : type}
                value={value}
                data-autofocus={autoFocus || undefined}
                autoFocus={autoFocus}
                onChange={(event) => {
                    onChange(event.currentTarget.value);
                }}
                {...rest}
            />
            <End {...{ end, reveal, shown, setShown }}>
                {clear && (
                    <IconButton
                        icon="close"
                        label={clearLabel}
                        size="small"
                        onClick={() => {
                            onChange("");
                            focus();
                        }}
                    />
                )}
            </End>
        </div>
    );
}

interface EndProps extends Pick<TextFieldProps, "end" | "reveal"> {
    readonly shown: boolean;
    readonly setShown: (shown: boolean) => void;
    /** The button that empties the field, if there is something to empty. */
    readonly children: ReactNode;
}

function End({ end, reveal, shown, setShown, children }: EndProps): ReactNode {
    return end === undefined && reveal === undefined && children === false ? null : (
        <span className={styles.end}>
            {children}
            {reveal !== undefined && (
                <IconButton
                    icon={shown ? "eye-off" : "eye"}
                    label={shown ? reveal.hide : reveal.show}
                    size="small"
                    onClick={() => {
                        setShown(!shown);
                    }}
                />
            )}
            {end}
        </span>
    );
}
