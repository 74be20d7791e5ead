/** Accounts out of a table: a file or pasted text, looked at line by line before anything is made. */
import { Banner, Button, type Column, Table, TextArea } from "@veche/kit";
import { type ChangeEvent, useRef, useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useRouter, useStore, useT } from "../../app/context";
import { known, thrownText } from "../../app/problems";
import { PEOPLE } from "../../app/router";
import { csv, save } from "../../app/save";
import { Card, Page } from "../../ui/Page";
import styles from "./Import.module.css";
import { type Fault, ImportStore, passwordTable } from "./import_store";

type Imported = Schemas["ImportedUsers"]["users"][number];

const EXAMPLE = "username,display_name\nanna,Anna Petrova\nboris,Boris Ivanov\n";

export function Import() {
    const t = useT();
    const api = useApi();
    const router = useRouter();
    const [store] = useState(() => new ImportStore(api));
    const state = useStore(store);
    const [text, setText] = useState("");
    const change = (next: string) => {
        setText(next);
        store.changed();
    };
    if (state.phase === "done") return <Done users={state.users} />;
    const busy = state.phase !== "faulty" && state.busy;
    const thrown = state.phase === "faulty" ? null : state.thrown;
    return (
        <Page title={t("import.title")} text={t("import.text")} up={{ to: PEOPLE, label: t("page.people") }}>
            <Card title={t("import.table")} text={t("import.tableText")} actions={<FileButton onText={change} />}>
                <TextArea label={t("import.table")} hideLabel value={text} onChange={change} rows={8} rowsMax={16} placeholder={EXAMPLE} spellCheck={false} className={styles.text} />
                <div className={styles.actions}>
                    <Button onClick={() => { save("people.csv", csv(EXAMPLE.trim().split("\n").map((line) => line.split(",")))); }} icon="download">
                        {t("import.example")}
                    </Button>
                    <Button variant={state.phase === "ready" ? "secondary" : "primary"} busy={busy && state.phase === "writing"} disabled={text.trim() === ""} onClick={() => void store.look(text)}>
                        {t("import.look")}
                    </Button>
                </div>
                {thrown !== null && <Banner tone="danger">{thrownText(t, thrown)}</Banner>}
            </Card>
            {state.phase === "faulty" && <Faults faults={state.faults} />}
            {state.phase === "ready" && (
                <Card
                    flush
                    title={t("import.ready", { count: state.users.length })}
                    text={t("import.readyText")}
                    actions={
                        <>
                            <Button variant="ghost" onClick={() => { router.go(PEOPLE); }}>{t("common.cancel")}</Button>
                            <Button variant="primary" busy={state.busy} onClick={() => void store.make(text)}>{t("import.make", { count: state.users.length })}</Button>
                        </>
                    }
                >
                    <UserTable users={state.users} />
                </Card>
            )}
        </Page>
    );
}

function FileButton({ onText }: { readonly onText: (text: string) => void }) {
    const t = useT();
    const field = useRef<HTMLInputElement>(null);
    const read = async (event: ChangeEvent<HTMLInputElement>) => {
        const file = event.target.files?.[0];
        // The same file may be chosen again after it was mended.
        event.target.value = "";
        if (file) onText(await file.text());
    };
    return (
        <>
            <input ref={field} type="file" accept=".csv,text/csv,text/plain" hidden aria-label={t("import.file")} onChange={(event) => void read(event)} />
            <Button icon="upload" onClick={() => { field.current?.click(); }}>
                {t("import.file")}
            </Button>
        </>
    );
}

function Faults({ faults }: { readonly faults: readonly Fault[] }) {
    const t = useT();
    const columns: readonly Column<Fault>[] = [
        { id: "line", label: t("import.line"), narrow: true, align: "end", cell: (fault) => fault.line },
        { id: "reason", label: t("import.fault"), cell: (fault) => known(t, "fault", fault.reason) ?? fault.reason },
        { id: "text", label: t("import.says"), breaks: true, cell: (fault) => <bdi className={styles.line}>{fault.text}</bdi> },
    ];
    return (
        <Card flush title={t("import.faulty", { count: faults.length })} text={t("import.faultyText")} tone="danger">
            <Table label={t("import.faulty", { count: faults.length })} columns={columns} rows={faults} rowKey={(fault) => `${fault.line} ${fault.reason}`} />
        </Card>
    );
}

function UserTable({ users }: { readonly users: readonly Imported[] }) {
    const t = useT();
    const columns: readonly Column<Imported>[] = [
        { id: "user", label: t("create.username"), breaks: true, cell: (user) => user.user_id },
        { id: "name", label: t("person.name"), breaks: true, cell: (user) => <bdi>{user.display_name ?? "–"}</bdi> },
        ...(users.some((user) => user.password !== null) ? [{ id: "password", label: t("secret.password"), cell: (user: Imported) => <code>{user.password}</code> }] : []),
    ];
    return <Table label={t("page.people")} columns={columns} rows={users} rowKey={(user) => user.user_id} />;
}

function Done({ users }: { readonly users: readonly Imported[] }) {
    const t = useT();
    const router = useRouter();
    return (
        <Page title={t("import.done", { count: users.length })} up={{ to: PEOPLE, label: t("page.people") }}>
            <Banner tone="warning">{t("import.once")}</Banner>
            <Card
                flush
                title={t("import.passwords")}
                actions={
                    <>
                        <Button icon="download" onClick={() => { save("passwords.csv", csv(passwordTable(users))); }}>{t("import.save")}</Button>
                        <Button variant="primary" onClick={() => { router.go(PEOPLE); }}>{t("common.done")}</Button>
                    </>
                }
            >
                <UserTable users={users} />
            </Card>
        </Page>
    );
}
