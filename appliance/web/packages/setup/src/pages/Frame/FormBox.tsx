/** The form itself: when a field of it is wrong, whoever fills it in is led there. */
import { type ReactNode, useEffect, useRef } from "react";
import type { Form } from "../../app/use_field";
import styles from "./StepForm.module.css";

export function FormBox({ form, children }: { readonly form: Form; readonly children: ReactNode }) {
    const { wrong, onSubmit, onChange } = form;
    const ref = useRef<HTMLFormElement>(null);
    useEffect(() => {
        if (wrong !== null) ref.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    }, [wrong]);
    return (
        <form ref={ref} className={styles.form} onSubmit={onSubmit} onChange={onChange} noValidate>
            {children}
        </form>
    );
}
