/** One setting: what it is, how it is changed, how it was. */
import { Badge, Banner, Button, Checkbox, RadioGroup, Sheet, TextArea, TextField } from "@veche/kit";
import { useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useI18n, usePages, useStore, useT } from "../../app/context";
import { useToldTask } from "../../app/use_task";
import { Pages } from "../../base/resource";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Link } from "../../ui/Link";
import { Coming, Facts, Failure } from "../../ui/Page";
import { When } from "../../ui/When";
import { Value } from "./Value";
import styles from "./Settings.module.css";
import { type Setting, editable, readValue } from "./setting_value";
import { choiceName, settingName, settingText } from "./settings_words";

type Change = Schemas["SettingChange"];
type History = Pages<Change, number, null>;

export interface SettingSheetProps {
    readonly setting: Setting;
    readonly onClose: () => void;
    readonly onChange: (setting: Setting) => void;
}

/** What is to be done once the password was shown. */
type Waiting = { readonly value: unknown } | { readonly undo: Change };

export function SettingSheet({ setting, onClose, onChange }: SettingSheetProps) {
    const t = useT();
    const api = useApi();
    const task = useToldTask();
    const path = { key: setting.key };
    const [waiting, setWaiting] = useState<Waiting | null>(null);
    const history = usePages<Change, number, null>(
        () =>
            new Pages<Change, number, null>(null, async (_, before, signal) => {
                const { changes, next } = await api.get("/api/admin/v1/settings/{key}/history", { path, query: { before, limit: 10 }, signal });
                return { rows: changes, next };
            }),
        null,
    );
    const act = async (what: Waiting, proof?: string) => {
        const changed = "undo" in what
            ? await api.post("/api/admin/v1/settings/{key}/undo", { path, body: { row: what.undo.row }, proof })
            : await api.put("/api/admin/v1/settings/{key}", { path, body: { value: what.value }, proof });
        onChange(changed);
        void history.load();
    };
    const start = (what: Waiting) => {
        if (setting.security) setWaiting(what);
        else void task.run(() => act(what), t("settings.changed"));
    };
    return (
        <Sheet open onClose={onClose} title={settingName(t, setting.key)} closeLabel={t("common.close")}>
            <div className={styles.sheet}>
                {settingText(t, setting.key) !== null && <p>{settingText(t, setting.key)}</p>}
                <About setting={setting} />
                {setting.fixed === null ? <Editor key={JSON.stringify(setting.value)} setting={setting} busy={task.busy} onSave={(value) => { start({ value }); }} /> : <Why setting={setting} />}
                <HistoryList setting={setting} history={history} busy={task.busy} onUndo={(undo) => { start({ undo }); }} />
            </div>
            {waiting !== null && (
                <ConfirmDialog
                    title={t("settings.confirm", { name: settingName(t, setting.key) })}
                    confirm={t("undo" in waiting ? "settings.undo" : "common.save")}
                    danger={false}
                    proof="fresh"
                    onClose={() => { setWaiting(null); }}
                    run={(proof) => act(waiting, proof)}
                >
                    <p>{t("settings.securityText")}</p>
                    <p>
                        <Value setting={setting} value={setting.value} /> → <Value setting={setting} value={"undo" in waiting ? waiting.undo.from : (waiting.value ?? setting.default)} />
                    </p>
                </ConfirmDialog>
            )}
        </Sheet>
    );
}

function About({ setting }: { readonly setting: Setting }) {
    const t = useT();
    return (
        <>
            {setting.pending && <Banner tone="warning">{t("settings.pendingText")}</Banner>}
            <Facts
                facts={[
                    { label: t("settings.value"), value: <Value setting={setting} value={setting.value} /> },
                    { label: t("settings.from"), value: t(`settings.source.${setting.source}`) },
                    { label: t("settings.default"), value: <Value setting={{ ...setting, secret: false }} value={setting.default} /> },
                    setting.fixed === null ? { label: t("settings.applies"), value: t(`settings.applies.${setting.applies}`) } : null,
                    { label: t("settings.key"), value: <code>{setting.key}</code> },
                ]}
            />
        </>
    );
}

/** Why it cannot be changed here. */
function Why({ setting }: { readonly setting: Setting }) {
    const t = useT();
    const fixed = setting.fixed ?? "machine";
    const link = fixed === "elsewhere" ? <Link to={{ page: "network", tab: "certificate" }}>{t("settings.toCertificate")}</Link> : undefined;
    return <Banner action={link}>{t(`settings.fixed.${fixed}`)}</Banner>;
}

interface EditorProps {
    readonly setting: Setting;
    readonly busy: boolean;
    readonly onSave: (value: unknown) => void;
}

function Editor({ setting, busy, onSave }: EditorProps) {
    const t = useT();
    const before = editable(setting, setting.value);
    const [text, setText] = useState(before);
    const value = readValue(setting, text);
    const isDefault = setting.source === "default";
    return (
        <form
            className={styles.editor}
            onSubmit={(event) => {
                event.preventDefault();
                if (value !== undefined) onSave(value);
            }}
        >
            <EditorField setting={setting} text={text} onText={setText} error={value === undefined ? t(`settings.wrong.${setting.kind}`) : null} />
            <div className={styles.acts}>
                <Button type="submit" variant="primary" busy={busy} disabled={value === undefined || text === before}>{t("common.save")}</Button>
                {!isDefault && <Button variant="ghost" icon="undo" disabled={busy} onClick={() => { onSave(null); }}>{t("settings.toDefault")}</Button>}
            </div>
        </form>
    );
}

interface EditorFieldProps {
    readonly setting: Setting;
    readonly text: string;
    readonly onText: (text: string) => void;
    readonly error: string | null;
}

function EditorField({ setting, text, onText, error }: EditorFieldProps) {
    const t = useT();
    const common = { label: t("settings.newValue"), value: text, onChange: onText, ...(error === null ? {} : { error }) };
    switch (setting.kind) {
        case "choice":
            return <RadioGroup {...common} options={setting.choices.map((choice) => ({ value: choice, label: choiceName(t, setting.key, choice) }))} />;
        case "switch":
            return <Checkbox label={settingName(t, setting.key)} checked={text === "true"} onChange={(on) => { onText(String(on)); }} />;
        case "list":
            return <TextArea {...common} hint={t("settings.listHint")} rows={3} />;
        case "bytes":
            return <TextField {...common} hint={t("settings.bytesHint")} />;
        case "number":
            return <TextField {...common} inputMode="numeric" />;
        case "text":
            return <TextField {...common} />;
    }
}

interface HistoryListProps {
    readonly setting: Setting;
    readonly history: History;
    readonly busy: boolean;
    readonly onUndo: (change: Change) => void;
}

function HistoryList({ setting, history, busy, onUndo }: HistoryListProps) {
    const { t } = useI18n();
    const { rows, more, loading, problem } = useStore(history);
    if (problem && loading === null) return <Failure problem={problem} retry={() => void history.load()} />;
    return (
        <section className={styles.history}>
            <h3>{t("settings.history")}</h3>
            {rows === null ? <Coming lines={2} /> : rows.length === 0 && <p className={styles.none}>{t("settings.noHistory")}</p>}
            <ol>
                {rows?.map((change, index) => (
                    <li key={change.row} className={styles.change}>
                        <div className={styles.words}>
                            <span>
                                <Value setting={setting} value={change.from ?? setting.default} /> → <Value setting={setting} value={change.to ?? setting.default} />{" "}
                                {index === 0 && <Badge tone="accent">{t("settings.newest")}</Badge>}
                            </span>
                            <span className={styles.text}>
                                {change.actor} · <When ms={change.at_ms} />
                            </span>
                        </div>
                        {setting.fixed === null && !setting.secret && (
                            <Button size="small" icon="undo" disabled={busy} aria-label={t("settings.undoOf", { row: change.row })} onClick={() => { onUndo(change); }}>
                                {t("settings.undo")}
                            </Button>
                        )}
                    </li>
                ))}
            </ol>
            {more && <Button size="small" busy={loading === "more"} onClick={() => void history.loadMore()}>{t("common.more")}</Button>}
        </section>
    );
}
