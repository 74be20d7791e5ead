/** My passkeys: which there are, one more, one less. */
import { Banner, Button, Dialog, IconButton, TextField, useToasts } from "@veche/kit";
import type { OwnPasskey } from "@veche/protocol/engine";
import { useCallback, useEffect, useState } from "react";
import { useEngine, useI18n, useT } from "../../../app/context";
import { usePasskeysHere } from "../../../app/passkeys";
import { useTask } from "../../../app/use_task";
import { OwnPassword } from "../../ui/OwnPassword";
import { useCodeHint } from "./SecondFactor";
import styles from "./pages.module.css";

/** As the server takes it. */
const NAME_CHARACTERS_MAX = 60;

type Opened = { readonly kind: "add" } | { readonly kind: "remove"; readonly passkey: OwnPasskey };

export function Passkeys() {
    const t = useT();
    const { account } = useEngine();
    const { run, error } = useTask();
    const canMake = usePasskeysHere();
    // Null until the server has told them, and where it knows of none.
    const [passkeys, setPasskeys] = useState<readonly OwnPasskey[] | null>(null);
    const [open, setOpen] = useState<Opened | null>(null);
    const load = useCallback(() => run(async () => { setPasskeys(await account.passkeys()); }), [run, account]);
    useEffect(() => { void load(); }, [load]);
    const close = (changed: boolean) => {
        setOpen(null);
        if (changed) void load();
    };
    if (error === null && (passkeys === null || (passkeys.length === 0 && !canMake))) return null;
    return (
        <section className={styles.section} data-testid="passkeys">
            <h3 className={styles.title}>{t("passkey.title")}</h3>
            {error !== null && <Banner tone="danger" action={<Button onClick={() => void load()}>{t("common.retry")}</Button>}>{error}</Banner>}
            <p className={styles.text}>{t("passkey.text")}</p>
            {passkeys !== null && passkeys.length > 0 && (
                <div>
                    {passkeys.map((passkey) => (
                        <Row key={passkey.id} passkey={passkey} onRemove={() => { setOpen({ kind: "remove", passkey }); }} />
                    ))}
                </div>
            )}
            {canMake && (
                <div className={styles.actions}>
                    <Button icon="key" onClick={() => { setOpen({ kind: "add" }); }}>{t("passkey.add")}</Button>
                </div>
            )}
            {open?.kind === "add" && <Add onClose={close} />}
            {open?.kind === "remove" && <Remove passkey={open.passkey} isLast={passkeys?.length === 1} onClose={close} />}
        </section>
    );
}

function Row({ passkey, onRemove }: { readonly passkey: OwnPasskey; readonly onRemove: () => void }) {
    const { t, format } = useI18n();
    const made = t("passkey.made", { time: format.relative(passkey.createdTs) });
    const used = passkey.usedTs === null ? t("passkey.neverUsed") : t("passkey.used", { time: format.relative(passkey.usedTs) });
    return (
        <div className={styles.device}>
            <div className={styles.words}>
                <span className={styles.name} dir="auto">{passkey.name}</span>
                <span className={styles.hint}>{`${made} · ${used}`}</span>
            </div>
            <IconButton icon="trash" label={t("passkey.remove", { name: passkey.name })} onClick={onRemove} />
        </div>
    );
}

function Add({ onClose }: { readonly onClose: (changed: boolean) => void }) {
    const t = useT();
    const { account } = useEngine();
    const toasts = useToasts();
    const task = useTask();
    const codeHint = useCodeHint();
    const [name, setName] = useState(t("passkey.thisDevice"));
    const [password, setPassword] = useState("");
    const isReady = name.trim() !== "" && password !== "";
    const submit = async () => {
        if (!isReady || !(await task.run(() => account.addPasskey(password, name)))) return;
        toasts.show({ tone: "success", text: t("passkey.added") });
        onClose(true);
    };
    return (
        <Dialog
            open
            onClose={() => { onClose(false); }}
            title={t("passkey.addTitle")}
            description={t("passkey.addText")}
            closeLabel={t("common.close")}
            onSubmit={() => void submit()}
            actions={
                <>
                    <Button variant="ghost" onClick={() => { onClose(false); }}>{t("common.cancel")}</Button>
                    <Button type="submit" variant="primary" busy={task.busy} disabled={!isReady}>{t("passkey.make")}</Button>
                </>
            }
        >
            <div className={styles.section}>
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                <TextField label={t("passkey.name")} hint={t("passkey.nameHint")} value={name} onChange={setName} maxLength={NAME_CHARACTERS_MAX} dir="auto" />
                <OwnPassword label={t("profile.passwordBefore")} hint={codeHint} value={password} onChange={setPassword} />
            </div>
        </Dialog>
    );
}

interface RemoveProps {
    readonly passkey: OwnPasskey;
    readonly isLast: boolean;
    readonly onClose: (changed: boolean) => void;
}

function Remove({ passkey, isLast, onClose }: RemoveProps) {
    const t = useT();
    const { account } = useEngine();
    const task = useTask();
    const codeHint = useCodeHint();
    const [password, setPassword] = useState("");
    const submit = async () => {
        if (password !== "" && (await task.run(() => account.removePasskey(passkey.id, password)))) onClose(true);
    };
    return (
        <Dialog
            open
            size="small"
            onClose={() => { onClose(false); }}
            title={t("passkey.removeTitle", { name: passkey.name })}
            description={t(isLast ? "passkey.removeLast" : "passkey.removeText")}
            closeLabel={t("common.close")}
            onSubmit={() => void submit()}
            actions={
                <>
                    <Button variant="ghost" onClick={() => { onClose(false); }}>{t("common.cancel")}</Button>
                    <Button type="submit" variant="danger" busy={task.busy} disabled={password === ""}>{t("passkey.removeNow")}</Button>
                </>
            }
        >
            <div className={styles.section}>
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                <OwnPassword label={t("profile.passwordBefore")} hint={codeHint} value={password} onChange={setPassword} />
            </div>
        </Dialog>
    );
}
