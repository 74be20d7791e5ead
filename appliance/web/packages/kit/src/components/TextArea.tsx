/** Several lines of text; it grows with them. */
import { type ComponentPropsWithRef, type ReactNode, type Ref, useLayoutEffect, useRef } from "react";
import { Field, type FieldProps } from "./Field";
import styles from "./TextArea.module.css";
import control from "./control.module.css";
import { classes } from "../classes";

type Native = Omit<ComponentPropsWithRef<"textarea">, "value" | "onChange" | "ref">;

export interface TextAreaProps extends FieldProps, Native {
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly rows?: number | undefined;
    /** From here on it scrolls. */
    readonly rowsMax?: number | undefined;
    readonly ref?: Ref<HTMLTextAreaElement> | undefined;
}

export function TextArea(props: TextAreaProps): ReactNode {
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
    rows = 3,
    rowsMax = 12,
    autoFocus,
    ref,
    ...rest
}: Omit<TextAreaProps, keyof FieldProps>): ReactNode {
    const box = useRef<HTMLDivElement>(null);
    useLayoutEffect(() => {
        const area = box.current?.querySelector("textarea");
        if (area === null || area === undefined) {
            return;
        }
        area.style.height = "auto";
        const style = getComputedStyle(area);
        const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
        const highest = parseFloat(style.lineHeight) * rowsMax + padding;
        area.style.height = `${Math.min(area.scrollHeight, highest)}px`;
        area.style.overflowY = area.scrollHeight > highest ? "auto" : "hidden";
    }, [value, rowsMax, rows]);
    return (
        <div ref={box} className={classes(control.control, styles.box)}>
            <textarea
                ref={ref}
                className={classes(control.input, styles.area)}
                value={value}
                rows={rows}
                data-autofocus={autoFocus || undefined}
                autoFocus={autoFocus}
                onChange={(event) => {
                    onChange(event.currentTarget.value);
                }}
                {...rest}
            />
        </div>
    );
}
