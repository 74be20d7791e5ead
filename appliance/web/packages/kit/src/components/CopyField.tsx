/** Something to take along: a link, a key. Nobody writes into it. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import styles from "./CopyField.module.css";
import { Field } from "./Field";
import { IconButton } from "./IconButton";
import { VisuallyHidden } from "./VisuallyHidden";
import control from "./control.module.css";
import { classes } from "../classes";

export interface CopyFieldProps {
    readonly label: string;
    readonly value: string;
    readonly copyLabel: string;
    readonly copiedLabel: string;
    readonly hint?: ReactNode;
    /** The value is long and wraps. */
    readonly multiline?: boolean | undefined;
}

/** How long it says that it was copied. */
const COPIED_MS = 2_000;

export function CopyField(props: CopyFieldProps): ReactNode {
    const { label, value, copyLabel, copiedLabel, hint, multiline = false } = props;
    const box = useRef<HTMLDivElement>(null);
    const [copied, setCopied] = useState(false);
    useEffect(() => {
        if (!copied) {
            return undefined;
        }
        const timer = setTimeout(() => {
            setCopied(false);
        }, COPIED_MS);
        return () => {
            clearTimeout(timer);
        };
    }, [copied]);
    const copy = async (): Promise<void> => {
        const text = box.current?.querySelector<HTMLInputElement | HTMLTextAreaElement>("input, textarea");
        text?.select();
        try {
            await navigator.clipboard.writeText(value);
            setCopied(true);
        } catch {
            // The browser refuses; the text is marked, so that the keys for copying do it.
        }
    };
    const area = { className: classes(control.input, styles.value), readOnly: true, value, spellCheck: false };
    return (
        <Field label={label} hint={hint}>
            {(attributes) => (
                <div ref={box} className={classes(control.control, styles.box)} data-multiline={multiline || undefined}>
                    {multiline ? <textarea rows={3} {...area} {...attributes} /> : <input {...area} {...attributes} />}
                    <IconButton
                        icon={copied ? "check" : "copy"}
                        label={copied ? copiedLabel : copyLabel}
                        size="small"
                        onClick={() => {
                            void copy();
                        }}
                    />
                    <span role="status">{copied && <VisuallyHidden>{copiedLabel}</VisuallyHidden>}</span>
                </div>
            )}
        </Field>
    );
}
