/** A question or a form in front of everything else. */
import { type ReactNode, type SubmitEvent, useId, useRef } from "react";
import type { Size } from "../types";
import styles from "./Dialog.module.css";
import { IconButton } from "./IconButton";
import { useModal } from "./useModal";

export interface DialogProps {
    readonly open: boolean;
    /** Somebody wants it closed: by its cross, by Escape, by pressing outside. */
    readonly onClose: () => void;
    readonly title: string;
    /** The name of the cross. */
    readonly closeLabel: string;
    readonly description?: ReactNode;
    /** Buttons; the one that does it stands last. */
    readonly actions?: ReactNode;
    readonly size?: Size | undefined;
    /** `false`: only its own buttons close it, because something would be lost. */
    readonly dismissible?: boolean | undefined;
    /** Makes it a form, which a button of type `submit` among the actions sends. */
    readonly onSubmit?: (() => void) | undefined;
    readonly children?: ReactNode;
}

export function Dialog(props: DialogProps): ReactNode {
    const { open, onClose, title, closeLabel, description, size = "medium", dismissible = true } = props;
    const id = useId();
    const dialog = useRef<HTMLDialogElement>(null);
    const body = useRef<HTMLDivElement>(null);
    useModal(dialog, body, { open, onClose, dismissible });
    return (
        <dialog
            ref={dialog}
            className={styles.dialog}
            data-size={size}
            aria-labelledby={`${id}-title`}
            aria-describedby={description === undefined ? undefined : `${id}-description`}
        >
            {open && (
                <div className={styles.frame}>
                    <header className={styles.head}>
                        <h2 id={`${id}-title`} className={styles.title}>
                            {title}
                        </h2>
                        {description !== undefined && (
                            <div id={`${id}-description`} className={styles.description}>
                                {description}
                            </div>
                        )}
                    </header>
                    <div ref={body} className={styles.body}>
                        <Content {...props} />
                    </div>
                    {dismissible && (
                        <div className={styles.close}>
                            <IconButton icon="close" label={closeLabel} onClick={onClose} tooltip={false} />
                        </div>
                    )}
                </div>
            )}
        </dialog>
    );
}

function Content({ onSubmit, children, actions }: DialogProps): ReactNode {
    const content = (
        <>
            {children !== undefined && <div className={styles.content}>{children}</div>}
            {actions !== undefined && <footer className={styles.actions}>{actions}</footer>}
        </>
    );
    if (onSubmit === undefined) {
        return content;
    }
    const submit = (event: SubmitEvent): void => {
        event.preventDefault();
        // A form of its own: what it stands in, in React's eyes, is not sent with it.
        event.stopPropagation();
        onSubmit();
    };
    return (
        <form className={styles.form} onSubmit={submit} noValidate>
            {content}
        </form>
    );
}
