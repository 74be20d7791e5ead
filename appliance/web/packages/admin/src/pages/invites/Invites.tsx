/** Invitations: a link with which people make their own accounts. */
import { Badge, Banner, Button, type Column, CopyField, Dialog, EmptyState, IconButton, QrCode, Table, useToasts } from "@veche/kit";
import { useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useI18n, useLoaded, useMay, useT } from "../../app/context";
import { Resource } from "../../base/resource";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Link } from "../../ui/Link";
import { Card, Page, Shown } from "../../ui/Page";
import { When } from "../../ui/When";
import styles from "./Invites.module.css";
import { NewInviteDialog } from "./NewInviteDialog";

type Invite = Schemas["Invite"];

export function Invites() {
    const t = useT();
    const api = useApi();
    const list = useLoaded(() => new Resource((signal) => api.get("/api/admin/v1/invites", { signal })));
    const [making, setMaking] = useState(false);
    const [shown, setShown] = useState<Invite | null>(null);
    const [revoking, setRevoking] = useState<Invite | null>(null);
    const add = <Button variant="primary" icon="add" onClick={() => { setMaking(true); }}>{t("invites.new")}</Button>;
    return (
        <Page title={t("page.invites")} text={t("invites.text")} actions={add}>
            <Shown of={list}>
                {({ invites, enabled }) => (
                    <>
                        {!enabled && <Disabled />}
                        {invites.length === 0 ? (
                            <EmptyState icon="user-add" level={2} title={t("invites.none")} text={t("invites.noneText")} />
                        ) : (
                            <Card flush>
                                <InviteTable invites={invites.toReversed()} onShow={setShown} onRevoke={setRevoking} />
                            </Card>
                        )}
                    </>
                )}
            </Shown>
            {making && (
                <NewInviteDialog
                    onClose={() => { setMaking(false); }}
                    onMade={(invite) => {
                        setMaking(false);
                        setShown(invite);
                        void list.load();
                    }}
                />
            )}
            {shown !== null && <LinkDialog invite={shown} onClose={() => { setShown(null); }} />}
            {revoking !== null && (
                <ConfirmDialog
                    title={t("invites.revokeTitle")}
                    confirm={t("invites.revoke")}
                    onClose={() => { setRevoking(null); }}
                    run={async () => {
                        await api.delete("/api/admin/v1/invites/{token}", { path: { token: revoking.token } });
                        void list.load();
                    }}
                >
                    <p>{t("invites.revokeText")}</p>
                </ConfirmDialog>
            )}
        </Page>
    );
}

/** Invitations open nothing now. */
function Disabled() {
    const t = useT();
    const system = useMay("system");
    const link = system ? <Link to={{ page: "settings", key: "registration.mode" }}>{t("invites.toSetting")}</Link> : undefined;
    return (
        <Banner tone="warning" title={t("invites.disabled")} action={link}>
            {system ? t("invites.disabledText") : t("invites.disabledAsk")}
        </Banner>
    );
}

interface InviteTableProps {
    readonly invites: readonly Invite[];
    readonly onShow: (invite: Invite) => void;
    readonly onRevoke: (invite: Invite) => void;
}

function InviteTable({ invites, onShow, onRevoke }: InviteTableProps) {
    const { t, format } = useI18n();
    const toasts = useToasts();
    const copy = async (invite: Invite) => {
        await navigator.clipboard.writeText(invite.link);
        toasts.show({ text: t("invites.copied"), tone: "success" });
    };
    const columns: readonly Column<Invite>[] = [
        { id: "token", label: t("invites.code"), breaks: true, cell: (invite) => <code className={styles.code}>{invite.token}</code> },
        { id: "state", label: t("people.status"), narrow: true, cell: (invite) => <Badge tone={invite.usable ? "success" : "neutral"}>{t(invite.usable ? "invites.usable" : "invites.ended")}</Badge> },
        {
            id: "used",
            label: t("invites.used"),
            narrow: true,
            align: "end",
            cell: (invite) => (invite.uses_allowed === null ? format.number(invite.used) : t("invites.usedOf", { used: format.number(invite.used), all: format.number(invite.uses_allowed) })),
        },
        { id: "expires", label: t("invites.expires"), narrow: true, cell: (invite) => (invite.expires_ms === null ? t("invites.forever") : <When ms={invite.expires_ms} />) },
        { id: "created", label: t("people.created"), narrow: true, cell: (invite) => <When ms={invite.created_ms} /> },
        {
            id: "act",
            label: t("common.act"),
            bare: true,
            narrow: true,
            align: "end",
            cell: (invite) => (
                <span className={styles.acts}>
                    <IconButton size="small" icon="copy" label={t("invites.copy")} onClick={() => void copy(invite)} />
                    <IconButton size="small" icon="qr" label={t("invites.show")} onClick={() => { onShow(invite); }} />
                    <IconButton size="small" icon="trash" label={t("invites.revoke")} onClick={() => { onRevoke(invite); }} />
                </span>
            ),
        },
    ];
    return <Table label={t("page.invites")} columns={columns} rows={invites} rowKey={(invite) => invite.token} />;
}

function LinkDialog({ invite, onClose }: { readonly invite: Invite; readonly onClose: () => void }) {
    const t = useT();
    return (
        <Dialog open onClose={onClose} title={t("invites.link")} description={t("invites.linkText")} closeLabel={t("common.close")} actions={<Button variant="primary" onClick={onClose}>{t("common.done")}</Button>}>
            <div className={styles.link}>
                <CopyField label={t("invites.link")} value={invite.link} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                <div className={styles.qr}>
                    <QrCode value={invite.link} label={t("invites.qr")} />
                </div>
            </div>
        </Dialog>
    );
}
