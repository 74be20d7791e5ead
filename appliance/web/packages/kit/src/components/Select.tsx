/** One of a few. It is the browser's own list, which each device has learned to show well. */
import type { ComponentPropsWithRef, ReactNode, Ref } from "react";
import { classes } from "../classes";
import type { Size } from "../types";
import { Field, type FieldProps } from "./Field";
import { Icon } from "./Icon";
import styles from "./Select.module.css";
import control from "./control.module.css";

type Native = Omit<ComponentPropsWithRef<"select">, "value" | "onChange" | "size" | "ref" | "children">;

export interface SelectProps extends FieldProps, Native {
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly options: readonly { readonly value: string; readonly label: string; readonly disabled?: boolean }[];
    readonly size?: Size | undefined;
    readonly ref?: Ref<HTMLSelectElement> | undefined;
}

export function Select(props: SelectProps): ReactNode {
    const { label, hideLabel, hint, error, optional, id, className, options, onChange, ...rest } = props;
    const { size = "medium", autoFocus, ...native } = rest;
    return (
        <Field {...{ label, hideLabel, hint, error, optional, id, className }}>
            {(attributes) => (
                <div className={classes(control.control, styles.box)} data-size={size}>
                    <select
                        className={classes(control.input, styles.select)}
                        data-autofocus={autoFocus || undefined}
                        autoFocus={autoFocus}
                        onChange={(event) => {
                            onChange(event.currentTarget.value);
                        }}
                        {...native}
                        {...attributes}
                    >
                        {options.map((option) => (
                            <option key={option.value} value={option.value} disabled={option.disabled}>
                                {option.label}
                            </option>
                        ))}
                    </select>
                    <Icon name="chevron-down" size={16} className={styles.arrow} />
                </div>
            )}
        </Field>
    );
}
