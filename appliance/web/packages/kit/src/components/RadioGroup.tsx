/** One of a few, all of which are seen: as a list, as cards, or as parts of one control. */
import { type ReactNode, useId } from "react";
import { classes } from "../classes";
import { type FieldProps, Notes, describe, isThere } from "./Field";
import { Icon } from "./Icon";
import styles from "./RadioGroup.module.css";
import type { IconName } from "./icons";

export interface RadioOption {
    readonly value: string;
    readonly label: string;
    readonly hint?: ReactNode;
    readonly icon?: IconName | undefined;
    readonly disabled?: boolean | undefined;
}

export interface RadioGroupProps extends Omit<FieldProps, "optional"> {
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly appearance?: "list" | "cards" | "segmented" | undefined;
    readonly options: readonly RadioOption[];
    readonly className?: string | undefined;
}

export function RadioGroup(props: RadioGroupProps): ReactNode {
    const { label, hideLabel = false, hint, error, value, onChange, appearance = "list", options, className } = props;
    const id = useId();
    return (
        <fieldset
            className={classes(styles.group, className)}
            data-appearance={appearance}
            aria-describedby={describe(id, hint, error)}
        >
            <legend className={hideLabel ? styles.hidden : styles.legend}>{label}</legend>
            <div className={styles.options}>
                {options.map((option) => (
                    <label key={option.value} className={styles.option}>
                        <input
                            type="radio"
                            name={id}
                            className={styles.input}
                            value={option.value}
                            checked={option.value === value}
                            disabled={option.disabled}
                            aria-describedby={isThere(option.hint) ? `${id}-${option.value}` : undefined}
                            onChange={() => {
                                onChange(option.value);
                            }}
                        />
                        {option.icon !== undefined && <Icon name={option.icon} size={appearance === "cards" ? 24 : 16} />}
                        <span className={styles.words}>
                            {option.label}
                            {isThere(option.hint) && (
                                <span id={`${id}-${option.value}`} className={styles.hint}>
                                    {option.hint}
                                </span>
                            )}
                        </span>
                    </label>
                ))}
            </div>
            <Notes id={id} hint={hint} error={error} />
        </fieldset>
    );
}
