/** What a new invitation allows. */
import { Banner, Button, Dialog, Select } from "@veche/kit";
import { useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import styles from "../../ui/ConfirmDialog.module.css";

export interface NewInviteDialogProps {
    readonly onClose: () => void;
    readonly onMade: (invite: Schemas["Invite"]) => void;
}

const USES = [1, 5, 10, 25, 100] as const;
const DAYS = [1, 7, 30] as const;
const DAY_MS = 86_400_000;

export function NewInviteDialog({ onClose, onMade }: NewInviteDialogProps) {
    const t = useT();
    const api = useApi();
    const task = useTask();
    const [uses, setUses] = useState("1");
    const [days, setDays] = useState("7");
    const submit = () =>
        task.run(async () => {
            const body = {
                uses_allowed: uses === "" ? null : Number(uses),
                expires_ms: days === "" ? null : Date.now() + Number(days) * DAY_MS,
            };
            onMade(await api.post("/api/admin/v1/invites", { body }));
        });
    return (
        <Dialog
            open
            size="small"
            onClose={onClose}
            title={t("invites.new")}
            closeLabel={t("common.close")}
            onSubmit={() => void submit()}
            actions={
                <>
                    <Button variant="ghost" onClick={onClose}>{t("common.cancel")}</Button>
                    <Button type="submit" variant="primary" busy={task.busy}>{t("invites.make")}</Button>
                </>
            }
        >
            <div className={styles.content}>
                <Select label={t("invites.uses")} value={uses} onChange={setUses} options={[...USES.map((count) => ({ value: String(count), label: t("invites.usesCount", { count }) })), { value: "", label: t("invites.usesAny") }]} />
                <Select label={t("invites.lasts")} value={days} onChange={setDays} options={[...DAYS.map((count) => ({ value: String(count), label: t("invites.days", { count }) })), { value: "", label: t("invites.untilRevoked") }]} />
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            </div>
        </Dialog>
    );
}
