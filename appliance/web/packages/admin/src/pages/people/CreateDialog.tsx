/** A new account; then its password, which is shown this once. */
import { Banner, Button, Dialog, RadioGroup, TextField } from "@veche/kit";
import { useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useRouter, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import styles from "../../ui/ConfirmDialog.module.css";
import { SecretDialog } from "../../ui/SecretDialog";

export interface CreateDialogProps {
    readonly onClose: () => void;
    readonly onCreated: () => void;
}

export function CreateDialog({ onClose, onCreated }: CreateDialogProps) {
    const t = useT();
    const router = useRouter();
    const [created, setCreated] = useState<Schemas["CreatedUser"] | null>(null);
    if (created === null) {
        return (
            <Form
                onClose={onClose}
                onCreated={(user) => {
                    setCreated(user);
                    onCreated();
                }}
            />
        );
    }
    const userId = created.user.user_id;
    return (
        <SecretDialog
            title={t("create.doneTitle")}
            text={created.password === null ? t("create.doneOwnPassword", { user: userId }) : t("create.doneText", { user: userId })}
            userId={userId}
            password={created.password}
            onClose={onClose}
            more={<Button onClick={() => { router.go({ page: "person", userId }); }}>{t("create.open")}</Button>}
        />
    );
}

function Form({ onClose, onCreated }: { readonly onClose: () => void; readonly onCreated: (created: Schemas["CreatedUser"]) => void }) {
    const t = useT();
    const api = useApi();
    const task = useTask();
    const [username, setUsername] = useState("");
    const [name, setName] = useState("");
    const [how, setHow] = useState<"made" | "typed">("made");
    const [password, setPassword] = useState("");
    const ready = username.trim() !== "" && (how === "made" || password !== "");
    const submit = () =>
        task.run(async () => {
            const body = {
                username: username.trim(),
                display_name: name.trim() === "" ? null : name.trim(),
                password: how === "made" ? null : password,
            };
            onCreated(await api.post("/api/admin/v1/users", { body }));
        });
    return (
        <Dialog
            open
            onClose={onClose}
            title={t("create.title")}
            closeLabel={t("common.close")}
            onSubmit={() => { if (ready) void submit(); }}
            actions={
                <>
                    <Button variant="ghost" onClick={onClose}>{t("common.cancel")}</Button>
                    <Button type="submit" variant="primary" busy={task.busy} disabled={!ready}>{t("create.submit")}</Button>
                </>
            }
        >
            <div className={styles.content}>
                <TextField label={t("create.username")} hint={t("create.usernameHint")} value={username} onChange={setUsername} autoCapitalize="none" autoComplete="off" spellCheck={false} maxLength={255} />
                <TextField label={t("create.name")} optional={t("common.optional")} value={name} onChange={setName} autoComplete="off" />
                <RadioGroup
                    label={t("create.password")}
                    value={how}
                    onChange={(value) => { setHow(value === "typed" ? "typed" : "made"); }}
                    options={[
                        { value: "made", label: t("create.made"), hint: t("create.madeHint") },
                        { value: "typed", label: t("create.typed") },
                    ]}
                />
                {how === "typed" && (
                    <TextField
                        label={t("create.newPassword")}
                        type="password"
                        value={password}
                        onChange={setPassword}
                        autoComplete="new-password"
                        reveal={{ show: t("common.showPassword"), hide: t("common.hidePassword") }}
                    />
                )}
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            </div>
        </Dialog>
    );
}
