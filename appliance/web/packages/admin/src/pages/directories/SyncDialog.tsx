/** Looking at everybody of a directory now, also where many would be locked by it. */
import { Checkbox, useToasts } from "@veche/kit";
import { useState } from "react";
import { useApi, useT } from "../../app/context";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { causeText } from "./cause_words";
import type { Directory } from "./directory_form";

interface SyncDialogProps {
    readonly directory: Directory;
    readonly onClose: () => void;
    readonly onDone: () => void;
}

export function SyncDialog({ directory, onClose, onDone }: SyncDialogProps) {
    const t = useT();
    const api = useApi();
    const toasts = useToasts();
    const [many, setMany] = useState(false);
    const run = async (proof: string) => {
        const path = { directory_id: String(directory.id) };
        const report = await api.post("/api/admin/v1/directories/{directory_id}/sync", { path, body: { many }, proof });
        const failed = typeof report.cause === "string" ? report.cause : null;
        toasts.show(failed === null ? { text: t("directories.synced", { count: report.locked.length }), tone: "success" } : { text: causeText(t, failed), tone: "danger" });
        onDone();
    };
    return (
        <ConfirmDialog title={t("directories.syncTitle")} confirm={t("directories.sync")} danger={many} proof="fresh" onClose={onClose} run={run}>
            <p>{t("directories.syncText")}</p>
            <Checkbox label={t("directories.many")} hint={t("directories.manyHint")} checked={many} onChange={setMany} />
        </ConfirmDialog>
    );
}
