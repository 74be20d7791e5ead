/** The browser's own <dialog>, driven by a prop. */
import { type RefObject, useEffectEvent, useLayoutEffect } from "react";
import { firstFocusable } from "./focus";

/**
 * Opens and closes the dialog. The browser makes the rest of the page inert, keeps the focus inside and gives it back;
 * `onClose` is called when somebody asks for it, by Escape or by pressing outside.
 */
export function useModal(
    ref: RefObject<HTMLDialogElement | null>,
    body: RefObject<HTMLElement | null>,
    { open, onClose, dismissible }: { readonly open: boolean; readonly onClose: () => void; readonly dismissible: boolean },
): void {
    const ask = useEffectEvent(() => {
        if (dismissible) {
            onClose();
        }
    });
    useLayoutEffect(() => {
        const dialog = ref.current;
        if (dialog === null || !open) {
            return undefined;
        }
        dialog.showModal();
        // What the dialog is about comes first; the cross in its corner comes last.
        firstFocusable(body.current)?.focus();
        const cancel = (event: Event): void => {
            // A picker of files inside tells when it was left without a choice, by the same name.
            if (event.target === dialog) {
                event.preventDefault();
                ask();
            }
        };
        // Some browsers close on a second Escape whatever was prevented.
        const closed = (event: Event): void => {
            if (event.target === dialog && !dialog.open) {
                dialog.showModal();
                ask();
            }
        };
        let pressedOutside = false;
        const press = (event: PointerEvent): void => {
            pressedOutside = event.target === dialog;
        };
        const click = (event: MouseEvent): void => {
            // Only if it began there too: who marks text may let go outside.
            if (pressedOutside && event.target === dialog) {
                ask();
            }
        };
        dialog.addEventListener("cancel", cancel);
        dialog.addEventListener("close", closed);
        dialog.addEventListener("pointerdown", press);
        dialog.addEventListener("click", click);
        return () => {
            dialog.removeEventListener("cancel", cancel);
            dialog.removeEventListener("close", closed);
            dialog.removeEventListener("pointerdown", press);
            dialog.removeEventListener("click", click);
            // Only then: its being closed from here is nobody's wish that has to be asked about.
            dialog.close();
        };
    }, [open, ref, body]);
}
