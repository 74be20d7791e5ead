/** Who administers the server, and what. */
import { Badge, Button, type Column, Table } from "@veche/kit";
import { useState } from "react";
import type { Schemas, User } from "../../api/api";
import { useApi, useI18n, useLoaded, useMe, useT } from "../../app/context";
import { Resource } from "../../base/resource";
import { roleHindrance } from "../../base/rights";
import { Card, Page, Shown } from "../../ui/Page";
import { Person } from "../../ui/Person";
import { PickDialog } from "./PickDialog";
import { RoleDialog } from "./RoleDialog";
import styles from "./Roles.module.css";

type Administrator = Schemas["Administrator"];
type Chosen = Pick<User, "user_id" | "display_name" | "role" | "grants">;

export function Roles() {
    const t = useT();
    const api = useApi();
    const list = useLoaded(() => new Resource(async (signal) => (await api.get("/api/admin/v1/roles", { signal })).administrators));
    const [picking, setPicking] = useState(false);
    const [chosen, setChosen] = useState<Chosen | null>(null);
    return (
        <Page title={t("page.roles")} text={t("roles.text")} actions={<Button variant="primary" icon="add" onClick={() => { setPicking(true); }}>{t("roles.add")}</Button>}>
            <Shown of={list}>
                {(administrators) => (
                    <Card flush>
                        <Administrators administrators={administrators} onChange={setChosen} />
                    </Card>
                )}
            </Shown>
            {picking && (
                <PickDialog
                    onClose={() => { setPicking(false); }}
                    onPick={(user) => {
                        setPicking(false);
                        setChosen(user);
                    }}
                />
            )}
            {chosen !== null && <RoleDialog user={chosen} onClose={() => { setChosen(null); }} onDone={() => void list.load()} />}
        </Page>
    );
}

function Administrators({ administrators, onChange }: { readonly administrators: readonly Administrator[]; readonly onChange: (who: Chosen) => void }) {
    const { t } = useI18n();
    const me = useMe();
    const columns: readonly Column<Administrator>[] = [
        { id: "name", label: t("people.name"), bare: true, breaks: true, cell: (who) => <Person userId={who.user_id} displayName={who.display_name} /> },
        { id: "role", label: t("people.role"), narrow: true, cell: (who) => <Badge tone="accent" icon="key">{t(`role.${who.role}`)}</Badge> },
        {
            id: "grants",
            label: t("roles.grants"),
            cell: (who) =>
                who.role === "owner" ? t("roles.everything") : (
                    <span className={styles.badges}>
                        {who.grants.length === 0 ? t("roles.nothing") : who.grants.map((grant) => <Badge key={grant}>{t(`grant.${grant}`)}</Badge>)}
                    </span>
                ),
        },
        {
            id: "change",
            label: t("common.act"),
            bare: true,
            narrow: true,
            align: "end",
            cell: (who) =>
                who.user_id === me.user_id ? <Badge>{t("roles.you")}</Badge> : roleHindrance(me, { ...who, deactivated_ms: null }) === null ? (
                    <Button size="small" aria-label={t("roles.changeOf", { name: who.user_id })} onClick={() => { onChange(who); }}>{t("common.change")}</Button>
                ) : null,
        },
    ];
    return <Table label={t("page.roles")} columns={columns} rows={administrators} rowKey={(who) => who.user_id} />;
}
