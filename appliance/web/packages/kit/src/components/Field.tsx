/** What all fields have around them: a label, a hint, and what is wrong. */
import { type ReactNode, useId } from "react";
import { classes } from "../classes";
import styles from "./Field.module.css";
import { Icon } from "./Icon";

/** The part of a field's props that stands around it. */
export interface FieldProps {
    readonly label: string;
    readonly hideLabel?: boolean | undefined;
    readonly hint?: ReactNode;
    /** What is wrong, and what to do. */
    readonly error?: ReactNode;
    /** A quiet word beside the label: that it may stay empty. */
    readonly optional?: string | undefined;
}

/** Attributes of the control, which tie it to the words around it. */
export interface ControlAttributes {
    readonly id: string;
    readonly "aria-invalid": true | undefined;
    readonly "aria-describedby": string | undefined;
}

interface Props extends FieldProps {
    readonly id?: string | undefined;
    readonly className?: string | undefined;
    readonly children: (attributes: ControlAttributes) => ReactNode;
}

export function Field({ label, hideLabel = false, hint, error, optional, id, className, children }: Props): ReactNode {
    const made = useId();
    const own = id ?? made;
    const described = describe(own, hint, error);
    return (
        <div className={classes(styles.field, className)}>
            <div className={hideLabel ? styles.hidden : styles.head}>
                <label className={styles.label} htmlFor={own}>
                    {label}
                </label>
                {optional !== undefined && <span className={styles.optional}>{optional}</span>}
            </div>
            {children({ id: own, "aria-invalid": isThere(error) || undefined, "aria-describedby": described })}
            <Notes id={own} hint={hint} error={error} />
        </div>
    );
}

/** Whether there is something to show. */
export function isThere(node: ReactNode): boolean {
    return node !== undefined && node !== null && node !== false && node !== "";
}

/** The ids of what describes a control. */
export function describe(id: string, hint: ReactNode, error: ReactNode): string | undefined {
    const ids = [isThere(error) && `${id}-error`, isThere(hint) && `${id}-hint`].filter(Boolean);
    return ids.length > 0 ? ids.join(" ") : undefined;
}

/** What is wrong, and the hint. */
export function Notes({ id, hint, error }: { id: string; hint?: ReactNode; error?: ReactNode }): ReactNode {
    return (
        <>
            {/* Always there, so that screen readers hear what comes into it. */}
            <div aria-live="polite" className={styles.live}>
                {isThere(error) && (
                    <p id={`${id}-error`} className={styles.error}>
                        <Icon name="error" size={16} />
                        <span>{error}</span>
                    </p>
                )}
            </div>
            {isThere(hint) && (
                <div id={`${id}-hint`} className={styles.hint}>
                    {hint}
                </div>
            )}
        </>
    );
}
