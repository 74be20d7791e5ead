/** A password that is shown this once, to be handed on. */
import { Button, CopyField, Dialog } from "@veche/kit";
import type { ReactNode } from "react";
import { useT } from "../app/context";
import styles from "./ConfirmDialog.module.css";

export interface SecretDialogProps {
    readonly title: string;
    readonly text: string;
    readonly userId: string;
    readonly password: string | null;
    readonly onClose: () => void;
    readonly more?: ReactNode;
}

export function SecretDialog({ title, text, userId, password, onClose, more }: SecretDialogProps) {
    const t = useT();
    return (
        <Dialog
            open
            onClose={onClose}
            title={title}
            description={text}
            closeLabel={t("common.close")}
            dismissible={password === null}
            actions={
                <>
                    {more}
                    <Button variant="primary" onClick={onClose}>{t("common.done")}</Button>
                </>
            }
        >
            <div className={styles.content}>
                <CopyField label={t("secret.user")} value={userId} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                {password !== null && (
                    <CopyField label={t("secret.password")} hint={t("secret.once")} value={password} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                )}
            </div>
        </Dialog>
    );
}
