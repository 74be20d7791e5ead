/** Yes or no, which counts when the form is sent. */
import { type ComponentPropsWithRef, type ReactNode, useEffect, useId, useRef } from "react";
import { classes } from "../classes";
import styles from "./Checkbox.module.css";
import { Notes, describe, isThere } from "./Field";
import { Icon } from "./Icon";

type Native = Omit<ComponentPropsWithRef<"input">, "checked" | "onChange" | "type" | "size" | "ref">;

export interface CheckboxProps extends Native {
    readonly label: ReactNode;
    readonly hint?: ReactNode;
    readonly error?: ReactNode;
    readonly checked: boolean;
    /** Some of what it stands for is chosen. */
    readonly indeterminate?: boolean | undefined;
    readonly onChange: (checked: boolean) => void;
}

export function Checkbox(props: CheckboxProps): ReactNode {
    const { label, hint, error, checked, indeterminate = false, onChange, id, className, ...rest } = props;
    const made = useId();
    const own = id ?? made;
    const input = useRef<HTMLInputElement>(null);
    useEffect(() => {
        if (input.current !== null) {
            input.current.indeterminate = indeterminate;
        }
    }, [indeterminate]);
    return (
        <div className={classes(styles.field, className)}>
            <label className={styles.label}>
                <span className={styles.box}>
                    <input
                        ref={input}
                        id={own}
                        type="checkbox"
                        className={styles.input}
                        checked={checked}
                        aria-invalid={isThere(error) || undefined}
                        aria-describedby={describe(own, hint, error)}
                        onChange={(event) => {
                            onChange(event.currentTarget.checked);
                        }}
                        {...rest}
                    />
                    <Icon name={indeterminate ? "minus" : "check"} size={16} className={styles.mark} strokeWidth={3} />
                </span>
                <span className={styles.words}>{label}</span>
            </label>
            <div className={styles.notes}>
                <Notes id={own} hint={hint} error={error} />
            </div>
        </div>
    );
}
