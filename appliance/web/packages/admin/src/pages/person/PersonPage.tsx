/** One account: who it is, where it is signed in, what can be done to it. */
import { Badge, Banner, Button } from "@veche/kit";
import { useState } from "react";
import type { User } from "../../api/api";
import { type T, useApi, useI18n, useLoaded, useMe, useRoute, useT } from "../../app/context";
import { PEOPLE, WHOLE_JOURNAL } from "../../app/router";
import { Resource } from "../../base/resource";
import { hindrance, roleHindrance } from "../../base/rights";
import { Link } from "../../ui/Link";
import { Card, type Fact, Facts, Page, Shown } from "../../ui/Page";
import { nameOf } from "../../ui/name_of";
import { When } from "../../ui/When";
import { StatusBadge } from "../people/StatusBadge";
import { RoleDialog } from "../roles/RoleDialog";
import { Devices } from "./Devices";
import { type Act, ActDialog } from "./ActDialog";
import { RenameDialog } from "./RenameDialog";

export function PersonPage() {
    const t = useT();
    const api = useApi();
    const route = useRoute();
    const userId = route.page === "person" ? route.userId : "";
    const user = useLoaded(() => new Resource((signal) => api.get("/api/admin/v1/users/{user_id}", { path: { user_id: userId }, signal })));
    const up = { to: PEOPLE, label: t("page.people") };
    return (
        <Shown of={user}>
            {(value) => (
                <Page title={nameOf(value.user_id, value.display_name)} text={value.user_id} up={up}>
                    <Content user={value} onChange={(changed) => { user.set(changed); }} reload={() => void user.load()} />
                </Page>
            )}
        </Shown>
    );
}

interface ContentProps {
    readonly user: User;
    readonly onChange: (user: User) => void;
    readonly reload: () => void;
}

type Open = Act | "rename" | "role";

function Content({ user, onChange, reload }: ContentProps) {
    const t = useT();
    const me = useMe();
    const [open, setOpen] = useState<Open | null>(null);
    const hindered = hindrance(me, user);
    const close = () => {
        setOpen(null);
    };
    return (
        <>
            {hindered !== null && <Banner>{t(`person.hindered.${hindered}`)}</Banner>}
            <Card title={t("person.account")}>
                <Facts facts={useFacts(user, hindered === null, setOpen)} />
            </Card>
            {user.deactivated_ms === null && <Devices user={user} mayEnd={hindered === null} onEnded={reload} />}
            <Card title={t("person.journal")} text={t("person.journalText")} actions={<Link to={{ page: "journal", filter: { ...WHOLE_JOURNAL, target: user.user_id } }}>{t("person.journalOpen")}</Link>} />
            {hindered === null && (
                <Card tone="danger" title={t("person.delete")} text={t("person.deleteText")} actions={<Button variant="danger" icon="trash" onClick={() => { setOpen("deactivate"); }}>{t("person.delete")}</Button>} />
            )}
            {open === "rename" && <RenameDialog user={user} onClose={close} onDone={onChange} />}
            {open === "role" && <RoleDialog user={user} onClose={close} onDone={onChange} />}
            {open !== null && open !== "rename" && open !== "role" && <ActDialog act={open} user={user} onClose={close} onDone={onChange} reload={reload} />}
        </>
    );
}

function useFacts(user: User, may: boolean, open: (what: Open) => void): readonly (Fact | null)[] {
    const { t, format } = useI18n();
    const me = useMe();
    const button = (what: Open, text: string) =>
        may ? { action: <Button size="small" onClick={() => { open(what); }}>{text}</Button> } : {};
    const granted = user.role === "administrator" ? user.grants.map((grant) => t(`grant.${grant}`)) : [];
    return [
        { label: t("person.name"), value: user.display_name === null ? t("person.noName") : <bdi>{user.display_name}</bdi>, ...button("rename", t("common.change")) },
        {
            label: t("person.access"),
            value: <StatusBadge user={user} />,
            ...(may
                ? {
                      action: (
                          <>
                              {!user.locked && <Button size="small" onClick={() => { open(user.suspended ? "unsuspend" : "suspend"); }}>{t(user.suspended ? "act.unsuspend" : "act.suspend")}</Button>}
                              <Button size="small" icon={user.locked ? "lock-open" : "lock"} onClick={() => { open(user.locked ? "unlock" : "lock"); }}>{t(user.locked ? "act.unlock" : "act.lock")}</Button>
                          </>
                      ),
                  }
                : {}),
        },
        { label: t("person.password"), value: t("person.passwordText"), ...button("reset", t("act.reset")) },
        {
            label: t("person.secondFactor"),
            value: secondFactorWords(t, user),
            ...(user.second_factor || user.passkey ? button("secondFactor", t("act.secondFactor")) : {}),
        },
        {
            label: t("people.role"),
            value: (
                <>
                    {user.role === "user" ? t("role.user") : <Badge tone="accent" icon="key">{t(`role.${user.role}`)}</Badge>}{" "}
                    {granted.length > 0 && format.list(granted)}
                </>
            ),
            ...(roleHindrance(me, user) === null && user.kind === "user" ? { action: <Button size="small" onClick={() => { open("role"); }}>{t("common.change")}</Button> } : {}),
        },
        { label: t("people.seen"), value: user.last_seen_ms === null ? t("people.never") : <When ms={user.last_seen_ms} /> },
        { label: t("people.created"), value: format.dateTime(user.created_ms) },
        user.deactivated_ms === null ? null : { label: t("person.deactivated"), value: `${format.dateTime(user.deactivated_ms)} · ${t(user.erased ? "person.erased" : "person.kept")}` },
    ];
}

function secondFactorWords(t: T, { second_factor: code, passkey }: User): string {
    if (code && passkey) return t("person.secondFactorBoth");
    if (passkey) return t("person.secondFactorPasskey");
    return t(code ? "person.secondFactorOn" : "person.secondFactorOff");
}
