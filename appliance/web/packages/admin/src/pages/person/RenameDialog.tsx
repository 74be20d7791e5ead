/** Another display name. */
import { Banner, Button, Dialog, TextField } from "@veche/kit";
import { useState } from "react";
import type { User } from "../../api/api";
import { useApi, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import styles from "../../ui/ConfirmDialog.module.css";

export interface RenameDialogProps {
    readonly user: User;
    readonly onClose: () => void;
    readonly onDone: (user: User) => void;
}

export function RenameDialog({ user, onClose, onDone }: RenameDialogProps) {
    const t = useT();
    const api = useApi();
    const task = useTask();
    const [name, setName] = useState(user.display_name ?? "");
    const submit = async () => {
        const body = { display_name: name.trim() === "" ? null : name.trim() };
        const work = async () => {
            onDone(await api.put("/api/admin/v1/users/{user_id}/display_name", { path: { user_id: user.user_id }, body }));
        };
        if (await task.run(work)) onClose();
    };
    return (
        <Dialog
            open
            size="small"
            onClose={onClose}
            title={t("rename.title")}
            closeLabel={t("common.close")}
            onSubmit={() => void submit()}
            actions={
                <>
                    <Button variant="ghost" onClick={onClose}>{t("common.cancel")}</Button>
                    <Button type="submit" variant="primary" busy={task.busy}>{t("common.save")}</Button>
                </>
            }
        >
            <div className={styles.content}>
                <TextField label={t("person.name")} hint={t("rename.hint")} value={name} onChange={setName} autoComplete="off" />
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            </div>
        </Dialog>
    );
}
