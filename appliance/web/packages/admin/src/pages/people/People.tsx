/** Everybody who has an account here. */
import { Badge, Button, type Column, Select } from "@veche/kit";
import { useState } from "react";
import type { User } from "../../api/api";
import { useApi, useI18n, usePages, useRoute, useRouter, useStore, useT } from "../../app/context";
import { PEOPLE, USER_STATUSES, type PeopleFilter, type UserStatus } from "../../app/router";
import { csv, save } from "../../app/save";
import { useToldTask } from "../../app/use_task";
import { Pages, all } from "../../base/resource";
import { List } from "../../ui/List";
import listStyles from "../../ui/List.module.css";
import { Page } from "../../ui/Page";
import { Person } from "../../ui/Person";
import { SearchField } from "../../ui/SearchField";
import { When } from "../../ui/When";
import { CreateDialog } from "./CreateDialog";
import { StatusBadge } from "./StatusBadge";
import { peopleTable } from "./people_table";

const PAGE_ROWS = 50;
const EXPORT_PAGE_ROWS = 200;

export function People() {
    const { t } = useI18n();
    const api = useApi();
    const router = useRouter();
    const route = useRoute();
    const filter = route.page === "people" ? route.filter : (PEOPLE as { filter: PeopleFilter }).filter;
    const [creating, setCreating] = useState(false);
    const fetchPage = async (asked: PeopleFilter, after: string | null, limit: number, signal?: AbortSignal) => {
        const query = { search: asked.search, status: asked.status, after, limit };
        const { users, next, total } = await api.get("/api/admin/v1/users", { query, ...(signal ? { signal } : {}) });
        return { rows: users, next, total };
    };
    const pages = usePages(() => new Pages<User, string, PeopleFilter>(filter, (asked, after, signal) => fetchPage(asked, after, PAGE_ROWS, signal)), filter);
    const columns = useColumns();
    const task = useToldTask();
    const saveAll = () =>
        task.run(async () => {
            const rows = await all<User, string>((after) => fetchPage(filter, after, EXPORT_PAGE_ROWS));
            save("people.csv", csv(peopleTable(rows)));
        }, t("people.exported"));
    const isFiltered = filter.search !== "" || filter.status !== null;
    return (
        <Page
            wide
            title={t("page.people")}
            actions={
                <>
                    <Button icon="download" busy={task.busy} onClick={() => void saveAll()}>
                        {t("people.export")}
                    </Button>
                    <Button icon="upload" onClick={() => { router.go({ page: "import" }); }}>
                        {t("people.import")}
                    </Button>
                    <Button variant="primary" icon="user-add" onClick={() => { setCreating(true); }}>
                        {t("people.create")}
                    </Button>
                </>
            }
        >
            <Toolbar filter={filter} pages={pages} />
            <List
                label={t("page.people")}
                pages={pages}
                columns={columns}
                rowKey={(user) => user.user_id}
                to={(user) => ({ page: "person", userId: user.user_id })}
                empty={{ icon: "users", title: isFiltered ? t("people.noneFits") : t("people.none"), text: isFiltered ? t("people.noneFitsText") : t("people.noneText") }}
            />
            {creating && <CreateDialog onClose={() => { setCreating(false); }} onCreated={() => void pages.load()} />}
        </Page>
    );
}

function Toolbar({ filter, pages }: { readonly filter: PeopleFilter; readonly pages: Pages<User, string, PeopleFilter> }) {
    const t = useT();
    const router = useRouter();
    const { total } = useStore(pages);
    const use = (more: Partial<PeopleFilter>) => {
        router.replace({ page: "people", filter: { ...filter, ...more } });
    };
    return (
        <div className={listStyles.toolbar}>
            <div className={listStyles.search}>
                <SearchField label={t("people.search")} value={filter.search} onSearch={(search) => { use({ search }); }} />
            </div>
            <div className={listStyles.narrow}>
                <Select
                    label={t("people.status")}
                    hideLabel
                    value={filter.status ?? ""}
                    onChange={(status) => { use({ status: status === "" ? null : (status as UserStatus) }); }}
                    options={[{ value: "", label: t("people.everybody") }, ...USER_STATUSES.map((status) => ({ value: status, label: t(`people.status.${status}`) }))]}
                />
            </div>
            {total !== null && (
                <span className={listStyles.count} role="status">
                    {t("people.total", { count: total })}
                </span>
            )}
        </div>
    );
}

function useColumns(): readonly Column<User>[] {
    const { t, format } = useI18n();
    return [
        { id: "name", label: t("people.name"), bare: true, breaks: true, phone: "lead", cell: (user) => <Person userId={user.user_id} displayName={user.display_name} /> },
        { id: "status", label: t("people.status"), phone: "aside", cell: (user) => <StatusBadge user={user} /> },
        {
            id: "role",
            label: t("people.role"),
            phone: "none",
            cell: (user) => (user.role === "user" ? t("role.user") : <Badge tone="accent" icon="key">{t(`role.${user.role}`)}</Badge>),
        },
        { id: "seen", label: t("people.seen"), narrow: true, phone: "none", cell: (user) => (user.last_seen_ms === null ? t("people.never") : <When ms={user.last_seen_ms} />) },
        { id: "devices", label: t("people.devices"), narrow: true, phone: "none", align: "end", cell: (user) => format.number(user.devices) },
        { id: "created", label: t("people.created"), narrow: true, phone: "none", align: "end", cell: (user) => format.date(user.created_ms, "short") },
    ];
}
