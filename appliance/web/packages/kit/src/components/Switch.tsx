/** On or off, which counts at once. */
import { type ComponentPropsWithRef, type ReactNode, useId } from "react";
import { classes } from "../classes";
import { describe, isThere } from "./Field";
import styles from "./Switch.module.css";

type Native = Omit<ComponentPropsWithRef<"input">, "checked" | "onChange" | "type" | "size">;

export interface SwitchProps extends Native {
    readonly label: ReactNode;
    readonly hint?: ReactNode;
    readonly checked: boolean;
    readonly onChange: (checked: boolean) => void;
}

export function Switch({ label, hint, checked, onChange, id, className, ...rest }: SwitchProps): ReactNode {
    const made = useId();
    const own = id ?? made;
    return (
        <label className={classes(styles.switch, className)}>
            <span className={styles.words}>
                <span id={`${own}-label`}>{label}</span>
                {isThere(hint) && (
                    <span id={`${own}-hint`} className={styles.hint}>
                        {hint}
                    </span>
                )}
            </span>
            <span className={styles.track}>
                <input
                    id={own}
                    type="checkbox"
                    role="switch"
                    className={styles.input}
                    checked={checked}
                    aria-labelledby={`${own}-label`}
                    aria-describedby={describe(own, hint, undefined)}
                    onChange={(event) => {
                        onChange(event.currentTarget.checked);
                    }}
                    {...rest}
                />
                <span className={styles.thumb} />
            </span>
        </label>
    );
}
