/** The form of a company directory: presets, an example under each field, and a test before it is kept. */
import { Button, Select, Switch, TextArea, TextField, useToasts } from "@veche/kit";
import { useId, useState } from "react";
import { useApi, useT } from "../../app/context";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Card } from "../../ui/Page";
import styles from "./Directories.module.css";
import { TestCard } from "./TestCard";
import { ATTRIBUTES, DISABLED, type Directory, type Form, PRESETS, type Preset, bodyOf, emptyForm, formOf, withPreset } from "./directory_form";

interface DirectoryFormProps {
    /** Null: a new one. */
    readonly directory: Directory | null;
    readonly place: number;
    readonly onCancel: () => void;
    readonly onKept: () => void;
}

export function DirectoryForm({ directory, place, onCancel, onKept }: DirectoryFormProps) {
    const t = useT();
    const api = useApi();
    const toasts = useToasts();
    const [form, setForm] = useState<Form>(() => (directory === null ? emptyForm(place) : formOf(directory)));
    const [asking, setAsking] = useState(false);
    const id = useId();
    const change = (more: Partial<Form>) => { setForm((now) => ({ ...now, ...more })); };
    const keep = async (proof: string) => {
        const body = bodyOf(form);
        if (directory === null) await api.post("/api/admin/v1/directories", { body, proof });
        else await api.put("/api/admin/v1/directories/{directory_id}", { path: { directory_id: String(directory.id) }, body, proof });
        toasts.show({ text: t("directories.kept"), tone: "success" });
        onKept();
    };
    return (
        <div className={styles.stack}>
            <form
                id={id}
                className={styles.stack}
                onSubmit={(event) => {
                    event.preventDefault();
                    setAsking(true);
                }}
            >
                <Connection form={form} change={change} isNew={directory === null} />
                <WhoEnters form={form} change={change} isNew={directory === null} />
                <Mapping form={form} change={change} />
            </form>
            <TestCard id={directory?.id ?? null} form={form} />
            <div className={styles.acts}>
                <Button variant="ghost" onClick={onCancel}>{t("common.cancel")}</Button>
                <Button type="submit" form={id} variant="primary">{t("common.save")}</Button>
            </div>
            {asking && (
                <ConfirmDialog title={t("directories.keepTitle")} confirm={t("common.save")} danger={false} proof="fresh" onClose={() => { setAsking(false); }} run={keep}>
                    <p>{t("directories.keepText")}</p>
                </ConfirmDialog>
            )}
        </div>
    );
}

interface PartProps {
    readonly form: Form;
    readonly change: (more: Partial<Form>) => void;
}

function Connection({ form, change, isNew }: PartProps & { readonly isNew: boolean }) {
    const t = useT();
    return (
        <Card title={t("directories.connection")} text={t("directories.connectionText")}>
            <div className={styles.form}>
                <TextField label={t("directories.name")} hint={t("directories.nameHint")} value={form.name} onChange={(name) => { change({ name }); }} maxLength={100} required />
                <TextArea label={t("directories.urls")} hint={t("directories.urlsHint")} value={form.urls} onChange={(urls) => { change({ urls }); }} rows={2} spellCheck={false} required />
                <TextArea label={t("directories.ca")} optional={t("common.optional")} hint={t("directories.caHint")} value={form.caPem} onChange={(caPem) => { change({ caPem }); }} rows={3} rowsMax={6} spellCheck={false} className={styles.pem} placeholder="-----BEGIN CERTIFICATE-----" />
                <TextField label={t("directories.bindDn")} hint={t("directories.bindDnHint")} value={form.bindDn} onChange={(bindDn) => { change({ bindDn }); }} autoComplete="off" spellCheck={false} required />
                <TextField label={t("directories.password")} hint={t(isNew ? "directories.passwordHint" : "directories.passwordKept")} type="password" value={form.password} onChange={(password) => { change({ password }); }} autoComplete="new-password" reveal={{ show: t("common.showPassword"), hide: t("common.hidePassword") }} required={isNew} />
                <TextField label={t("directories.place")} hint={t("directories.placeHint")} type="number" value={form.place} onChange={(place) => { change({ place }); }} inputMode="numeric" />
                <Switch label={t("directories.enabled")} hint={t("directories.enabledHint")} checked={form.enabled} onChange={(enabled) => { change({ enabled }); }} />
            </div>
        </Card>
    );
}

function WhoEnters({ form, change, isNew }: PartProps & { readonly isNew: boolean }) {
    const t = useT();
    // An empty form begins with the words of the kind that most companies have.
    const [preset, setPreset] = useState<Preset | "">(isNew ? PRESETS[0] : "");
    const options = PRESETS.map((value) => ({ value, label: t(`directories.preset.${value}`) }));
    const choose = (value: string) => {
        const chosen = PRESETS.find((it) => it === value);
        setPreset(chosen ?? "");
        if (chosen !== undefined) change(withPreset(form, chosen));
    };
    return (
        <Card title={t("directories.who")} text={t("directories.whoText")}>
            <div className={styles.form}>
                <Select label={t("directories.preset")} value={preset} onChange={choose} options={[{ value: "", label: t("directories.preset.none") }, ...options]} />
                <TextField label={t("directories.baseDn")} hint={t("directories.baseDnHint")} value={form.baseDn} onChange={(baseDn) => { change({ baseDn }); }} spellCheck={false} required />
                <TextField label={t("directories.userFilter")} hint={t("directories.userFilterHint")} value={form.userFilter} onChange={(userFilter) => { change({ userFilter }); }} spellCheck={false} required />
                <TextField label={t("directories.login")} hint={t("directories.loginHint")} value={form.loginAttributes} onChange={(loginAttributes) => { change({ loginAttributes }); }} spellCheck={false} required />
                <TextField label={t("directories.groupDn")} optional={t("common.optional")} hint={t("directories.groupDnHint")} value={form.groupDn} onChange={(groupDn) => { change({ groupDn }); }} spellCheck={false} />
                <Switch label={t("directories.chain")} hint={t("directories.chainHint")} checked={form.groupInChain} onChange={(groupInChain) => { change({ groupInChain }); }} />
            </div>
        </Card>
    );
}

function Mapping({ form, change }: PartProps) {
    const t = useT();
    return (
        <Card title={t("directories.mapping")} text={t("directories.mappingText")}>
            <div className={styles.grid}>
                {ATTRIBUTES.map((id) => (
                    <TextField
                        key={id}
                        label={t(`directories.attribute.${id}`)}
                        hint={id === "id" || id === "changed" ? t(`directories.attribute.${id}Hint`) : undefined}
                        value={form.attributes[id]}
                        onChange={(value) => { change({ attributes: { ...form.attributes, [id]: value } }); }}
                        spellCheck={false}
                        required={id === "id" || id === "changed"}
                    />
                ))}
                <Select
                    label={t("directories.disabled")}
                    value={form.disabled}
                    onChange={(value) => { change({ disabled: DISABLED.find((it) => it === value) ?? "nothing" }); }}
                    options={DISABLED.map((value) => ({ value, label: t(`directories.disabled.${value}`) }))}
                />
            </div>
        </Card>
    );
}
