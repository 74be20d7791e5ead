/** Every act of an administrator. It can be read and taken along; nobody changes it. */
import { Button, type Column, DateField, Dialog, IconButton, Select } from "@veche/kit";
import { type ReactNode, useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useI18n, useMay, usePages, useRoute, useRouter, useT } from "../../app/context";
import { type JournalFilter, WHOLE_JOURNAL } from "../../app/router";
import { save } from "../../app/save";
import { useToldTask } from "../../app/use_task";
import { Pages } from "../../base/resource";
import { Link } from "../../ui/Link";
import { List } from "../../ui/List";
import listStyles from "../../ui/List.module.css";
import { Facts, Page } from "../../ui/Page";
import { SearchField } from "../../ui/SearchField";
import styles from "./Journal.module.css";
import { dateWords } from "../../ui/date_words";
import { NOUNS, actionText, dayStart, detailOf, wordsOf } from "./journal_words";

type Row = Schemas["JournalRow"];

/** As the API is asked: what is empty does not matter. */
function queryOf({ actor, noun, target, since, until }: JournalFilter) {
    const text = (value: string) => (value.trim() === "" ? null : value.trim());
    return { actor: text(actor), noun: text(noun), target: text(target), since_ms: dayStart(since), until_ms: dayStart(until, true) };
}

export function Journal() {
    const t = useT();
    const api = useApi();
    const route = useRoute();
    const filter = route.page === "journal" ? route.filter : WHOLE_JOURNAL;
    const [shown, setShown] = useState<Row | null>(null);
    const pages = usePages(
        () =>
            new Pages<Row, number, JournalFilter>(filter, async (asked, before, signal) =>
                api.get("/api/admin/v1/journal", { query: { ...queryOf(asked), before }, signal }),
            ),
        filter,
    );
    const task = useToldTask();
    const saveAll = () =>
        task.run(async () => {
            save("journal.csv", await api.get("/api/admin/v1/journal/export", { query: queryOf(filter) }));
            // The export is an act itself.
            void pages.load();
        }, t("journal.exported"));
    return (
        <Page wide title={t("page.journal")} text={t("journal.text")} actions={<Button icon="download" busy={task.busy} onClick={() => void saveAll()}>{t("journal.export")}</Button>}>
            <Filters filter={filter} />
            <List
                label={t("page.journal")}
                pages={pages}
                columns={useColumns(setShown)}
                rowKey={(row) => String(row.row)}
                empty={{ icon: "history", title: t("journal.none"), text: t("journal.noneText") }}
            />
            {shown !== null && <Details row={shown} onClose={() => { setShown(null); }} />}
        </Page>
    );
}

function Filters({ filter }: { readonly filter: JournalFilter }) {
    const { t, language } = useI18n();
    const router = useRouter();
    const use = (more: Partial<JournalFilter>) => {
        router.replace({ page: "journal", filter: { ...filter, ...more } });
    };
    const day = { language, words: dateWords(t) };
    const backwards = filter.since !== "" && filter.until !== "" && filter.until < filter.since;
    const isFiltered = Object.values(filter).some((value) => value !== "");
    return (
        <div className={listStyles.toolbar}>
            <div className={listStyles.narrow}>
                <Select
                    label={t("journal.noun")}
                    value={filter.noun}
                    onChange={(noun) => { use({ noun }); }}
                    options={[{ value: "", label: t("journal.all") }, ...NOUNS.map((noun) => ({ value: noun, label: t(`noun.${noun}`) }))]}
                />
            </div>
            <div className={styles.field}><SearchField label={t("journal.actor")} value={filter.actor} onSearch={(actor) => { use({ actor }); }} /></div>
            <div className={styles.field}><SearchField label={t("journal.target")} value={filter.target} onSearch={(target) => { use({ target }); }} /></div>
            <div className={styles.day}><DateField {...day} label={t("journal.since")} value={filter.since} onChange={(since) => { use({ since }); }} /></div>
            <div className={styles.day}>
                <DateField {...day} label={t("journal.until")} error={backwards && t("journal.backwards")} value={filter.until} onChange={(until) => { use({ until }); }} />
            </div>
            {isFiltered && <Button variant="ghost" icon="close" onClick={() => { use(WHOLE_JOURNAL); }}>{t("common.clear")}</Button>}
        </div>
    );
}

/** Who did it: somebody, or the machine. */
function Actor({ actor }: { readonly actor: string }): ReactNode {
    const t = useT();
    return actor === "console" || actor === "system" ? t(`actor.${actor}`) : <bdi>{actor}</bdi>;
}

/** Whom or what it was done to, with a link where there is a page for it. */
function Target({ target }: { readonly target: string }): ReactNode {
    const [users, rooms] = [useMay("users"), useMay("rooms")];
    if (users && target.startsWith("@")) return <Link to={{ page: "person", userId: target }}>{target}</Link>;
    if (rooms && target.startsWith("!")) return <Link to={{ page: "room", roomId: target }}>{target}</Link>;
    return <bdi>{target}</bdi>;
}

function useColumns(onShow: (row: Row) => void): readonly Column<Row>[] {
    const { t, format } = useI18n();
    return [
        { id: "at", label: t("journal.at"), narrow: true, phone: "aside", cell: (row) => <time dateTime={new Date(row.at_ms).toISOString()} title={format.dateTime(row.at_ms)}>{format.date(row.at_ms, "short")}, {format.time(row.at_ms)}</time> },
        { id: "actor", label: t("journal.actor"), breaks: true, phone: "line", cell: (row) => <Actor actor={row.actor} /> },
        { id: "action", label: t("journal.action"), phone: "lead", cell: (row) => actionText(t, row.action) },
        { id: "target", label: t("journal.target"), breaks: true, phone: "line", cell: (row) => <Target target={row.target} /> },
        {
            id: "detail",
            label: t("journal.detail"),
            // Told in the dialog of the row.
            phone: "none",
            cell: (row) => (
                <span className={styles.details}>
                    {detailOf(row.detail, wordsOf(t)).length === 0 && "–"}
                    {detailOf(row.detail, wordsOf(t)).map(([name, value]) => (
                        <span key={name} className={styles.detail}>
                            {name}: <bdi>{value}</bdi>
                        </span>
                    ))}
                </span>
            ),
        },
        { id: "more", label: t("common.act"), bare: true, narrow: true, phone: "aside", align: "end", cell: (row) => <IconButton size="small" icon="info" label={t("journal.show", { row: row.row })} tooltip={false} onClick={() => { onShow(row); }} /> },
    ];
}

function Details({ row, onClose }: { readonly row: Row; readonly onClose: () => void }) {
    const { t, format } = useI18n();
    return (
        <Dialog open size="large" onClose={onClose} title={t("journal.row", { row: row.row })} closeLabel={t("common.close")} actions={<Button variant="primary" onClick={onClose}>{t("common.close")}</Button>}>
            <Facts
                facts={[
                    { label: t("journal.at"), value: format.dateTime(row.at_ms) },
                    { label: t("journal.actor"), value: <Actor actor={row.actor} /> },
                    { label: t("journal.action"), value: <>{actionText(t, row.action)} <code>{row.action}</code></> },
                    { label: t("journal.target"), value: <bdi>{row.target}</bdi> },
                    ...detailOf(row.detail, wordsOf(t)).map(([name, value]) => ({ label: name, value: <bdi>{value}</bdi> })),
                    { label: t("journal.hash"), value: <><code className={styles.hash}>{row.hash}</code><span className={styles.hint}>{t("journal.hashText")}</span></> },
                ]}
            />
        </Dialog>
    );
}
