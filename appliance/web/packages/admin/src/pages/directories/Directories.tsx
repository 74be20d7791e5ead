/** Company directories: which there are, a form for each, and what became of their people. */
import { Badge, Button, EmptyState, useToasts } from "@veche/kit";
import { useState } from "react";
import { useApi, useLoaded, useT } from "../../app/context";
import { Resource } from "../../base/resource";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Card, Facts, Page, Shown } from "../../ui/Page";
import styles from "./Directories.module.css";
import { DirectoryForm } from "./DirectoryForm";
import { Reports } from "./Reports";
import { SyncDialog } from "./SyncDialog";
import type { Directory } from "./directory_form";

type Editing = Directory | "new" | null;

export function Directories() {
    const t = useT();
    const api = useApi();
    const list = useLoaded(() => new Resource((signal) => api.get("/api/admin/v1/directories", { signal })));
    const [editing, setEditing] = useState<Editing>(null);
    const add = <Button variant="primary" icon="add" onClick={() => { setEditing("new"); }}>{t("directories.new")}</Button>;
    const done = () => {
        setEditing(null);
        void list.load();
    };
    return (
        <Page title={t("page.directories")} text={t("directories.text")} actions={editing === null ? add : undefined}>
            <Shown of={list}>
                {({ directories }) =>
                    editing !== null ? (
                        <DirectoryForm directory={editing === "new" ? null : editing} place={directories.length} onCancel={() => { setEditing(null); }} onKept={done} />
                    ) : directories.length === 0 ? (
                        <EmptyState icon="users" level={2} title={t("directories.none")} text={t("directories.noneText")} />
                    ) : (
                        <div className={styles.stack}>
                            {directories.map((directory) => (
                                <DirectoryCard key={directory.id} directory={directory} onEdit={() => { setEditing(directory); }} onGone={done} />
                            ))}
                        </div>
                    )
                }
            </Shown>
        </Page>
    );
}

interface DirectoryCardProps {
    readonly directory: Directory;
    readonly onEdit: () => void;
    readonly onGone: () => void;
}

function DirectoryCard({ directory, onEdit, onGone }: DirectoryCardProps) {
    const t = useT();
    const api = useApi();
    const toasts = useToasts();
    const path = { directory_id: String(directory.id) };
    const reports = useLoaded(() => new Resource((signal) => api.get("/api/admin/v1/directories/{directory_id}/reports", { path, query: { limit: 10 }, signal })));
    const [asking, setAsking] = useState<"sync" | "delete" | null>(null);
    const close = () => { setAsking(null); };
    const { config } = directory;
    const acts = (
        <>
            <Button size="small" onClick={() => { setAsking("sync"); }}>{t("directories.sync")}</Button>
            <Button size="small" onClick={onEdit}>{t("directories.edit")}</Button>
            <Button size="small" variant="ghost" onClick={() => { setAsking("delete"); }}>{t("directories.delete")}</Button>
        </>
    );
    return (
        <Card title={directory.name} actions={acts}>
            <Facts
                facts={[
                    { label: t("directories.state"), value: <Badge tone={directory.enabled ? "success" : "neutral"}>{t(directory.enabled ? "directories.on" : "directories.off")}</Badge> },
                    { label: t("directories.urls"), value: <bdi>{config.urls.join(", ")}</bdi> },
                    { label: t("directories.baseDn"), value: <bdi>{config.base_dn}</bdi> },
                    config.group_dn === null || config.group_dn === undefined ? null : { label: t("directories.groupDn"), value: <bdi>{config.group_dn}</bdi> },
                    { label: t("directories.people"), value: String(directory.people) },
                ]}
            />
            <h3 className={styles.heading}>{t("directories.reports")}</h3>
            <Shown of={reports} lines={3}>{(value) => <Reports reports={value.reports} />}</Shown>
            {asking === "sync" && <SyncDialog directory={directory} onClose={close} onDone={() => void reports.load()} />}
            {asking === "delete" && (
                <ConfirmDialog
                    title={t("directories.deleteTitle")}
                    confirm={t("directories.delete")}
                    proof="fresh"
                    typed={directory.name}
                    onClose={close}
                    run={async (proof) => {
                        await api.delete("/api/admin/v1/directories/{directory_id}", { path, proof });
                        toasts.show({ text: t("directories.deleted"), tone: "success" });
                        onGone();
                    }}
                >
                    <p>{t("directories.deleteText", { count: directory.people })}</p>
                </ConfirmDialog>
            )}
        </Card>
    );
}
