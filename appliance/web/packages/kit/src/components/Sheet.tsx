/** A panel that comes in from a side: details on a wide screen, everything on a phone. */
import { type ReactNode, useId, useRef } from "react";
import { IconButton } from "./IconButton";
import styles from "./Sheet.module.css";
import { useModal } from "./useModal";

export interface SheetProps {
    readonly open: boolean;
    readonly onClose: () => void;
    readonly title: string;
    /** The name of the cross. */
    readonly closeLabel: string;
    readonly side?: "end" | "start" | "bottom" | undefined;
    readonly actions?: ReactNode;
    readonly children: ReactNode;
}

export function Sheet({ open, onClose, title, closeLabel, side = "end", actions, children }: SheetProps): ReactNode {
    const id = useId();
    const dialog = useRef<HTMLDialogElement>(null);
    const frame = useRef<HTMLDivElement>(null);
    useModal(dialog, frame, { open, onClose, dismissible: true });
    return (
        <dialog ref={dialog} className={styles.sheet} data-side={side} aria-labelledby={id}>
            {open && (
                <div ref={frame} className={styles.frame}>
                    <header className={styles.head}>
                        <h2 id={id} className={styles.title}>
                            {title}
                        </h2>
                        <IconButton icon="close" label={closeLabel} onClick={onClose} tooltip={false} />
                    </header>
                    <div className={styles.content}>{children}</div>
                    {actions !== undefined && <footer className={styles.actions}>{actions}</footer>}
                </div>
            )}
        </dialog>
    );
}
