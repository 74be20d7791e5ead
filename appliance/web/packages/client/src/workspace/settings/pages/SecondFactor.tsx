/** The code of an authenticator app beside the password: on, off. */
import { Badge, Banner, Button, CopyField, Dialog, QrCode, TextField, useToasts } from "@veche/kit";
import type { SecondFactorOffer } from "@veche/protocol/engine";
import { useCallback, useEffect, useState } from "react";
import { useEngine, useT } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import styles from "./pages.module.css";

/** Six digits, in two groups. */
const CODE_CHARACTERS_MAX = 7;

export function SecondFactor() {
    const t = useT();
    const { account } = useEngine();
    const { run, ...task } = useTask();
    // None: it is not known yet, or the server has no such thing.
    const [isOn, setIsOn] = useState<boolean | null>(null);
    const [open, setOpen] = useState<boolean | null>(null);
    const load = useCallback(() => run(async () => { setIsOn(await account.secondFactor()); }), [run, account]);
    useEffect(() => { void load(); }, [load]);
    const close = () => { setOpen(null); };
    const done = (now: boolean) => {
        setIsOn(now);
        close();
    };
    if (isOn === null && task.error === null) return null;
    return (
        <section className={styles.section}>
            <h3 className={styles.title}>{t("factor.title")}</h3>
            {task.error !== null && <Banner tone="danger" action={<Button onClick={() => void load()}>{t("common.retry")}</Button>}>{task.error}</Banner>}
            {isOn !== null && (
                <>
                    <p className={styles.text}>{t("factor.text")}</p>
                    <div className={styles.actions}>
                        <Badge tone={isOn ? "success" : "neutral"}>{t(isOn ? "factor.stateOn" : "factor.stateOff")}</Badge>
                        <Button size="small" onClick={() => { setOpen(!isOn); }}>{t(isOn ? "factor.turnOff" : "factor.turnOn")}</Button>
                    </div>
                </>
            )}
            {open === true && <TurnOn onClose={close} onDone={() => { done(true); }} />}
            {open === false && <TurnOff onClose={close} onDone={() => { done(false); }} />}
        </section>
    );
}

interface DialogProps {
    readonly onClose: () => void;
    readonly onDone: () => void;
}

/** First the password, then the secret and a code of it. */
function TurnOn({ onClose, onDone }: DialogProps) {
    const t = useT();
    const { account } = useEngine();
    const toasts = useToasts();
    const task = useTask();
    const [password, setPassword] = useState("");
    const [code, setCode] = useState("");
    const [offer, setOffer] = useState<SecondFactorOffer | null>(null);
    const isReady = (offer === null ? password : code.trim()) !== "";
    const submit = async () => {
        if (!isReady) return;
        if (offer === null) {
            await task.run(async () => { setOffer(await account.offerSecondFactor(password)); });
            return;
        }
        if (!(await task.run(() => account.turnSecondFactorOn(code)))) return;
        toasts.show({ tone: "success", text: t("factor.isOn") });
        onDone();
    };
    return (
        <Dialog
            open
            onClose={onClose}
            title={t("factor.title")}
            description={t(offer === null ? "factor.text" : "factor.scan")}
            closeLabel={t("common.close")}
            onSubmit={() => void submit()}
            actions={<Actions submit={t(offer === null ? "factor.next" : "factor.turnOn")} busy={task.busy} disabled={!isReady} onClose={onClose} />}
        >
            <div className={styles.section}>
                {offer === null ? (
                    <PasswordField error={task.error} value={password} onChange={setPassword} />
                ) : (
                    <>
                        <div className={styles.picture}>
                            <QrCode value={offer.uri} label={t("factor.qr")} />
                        </div>
                        <CopyField label={t("factor.secret")} value={offer.secret} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                        <CodeField hint={t("factor.codeHint")} error={task.error} value={code} onChange={setCode} autoFocus />
                    </>
                )}
            </div>
        </Dialog>
    );
}

function TurnOff({ onClose, onDone }: DialogProps) {
    const t = useT();
    const { account } = useEngine();
    const toasts = useToasts();
    const task = useTask();
    const [password, setPassword] = useState("");
    const [code, setCode] = useState("");
    const isReady = password !== "" && code.trim() !== "";
    const submit = async () => {
        if (!isReady || !(await task.run(() => account.turnSecondFactorOff(password, code)))) return;
        toasts.show({ tone: "success", text: t("factor.isOff") });
        onDone();
    };
    return (
        <Dialog
            open
            size="small"
            onClose={onClose}
            title={t("factor.offTitle")}
            description={t("factor.offText")}
            closeLabel={t("common.close")}
            onSubmit={() => void submit()}
            actions={<Actions submit={t("factor.turnOff")} danger busy={task.busy} disabled={!isReady} onClose={onClose} />}
        >
            <div className={styles.section}>
                {/* Either of the two may be what is wrong. */}
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                <PasswordField value={password} onChange={setPassword} />
                <CodeField value={code} onChange={setCode} />
            </div>
        </Dialog>
    );
}

interface ActionsProps {
    readonly submit: string;
    readonly danger?: boolean;
    readonly busy: boolean;
    readonly disabled: boolean;
    readonly onClose: () => void;
}

function Actions({ submit, danger = false, busy, disabled, onClose }: ActionsProps) {
    const t = useT();
    return (
        <>
            <Button variant="ghost" onClick={onClose}>{t("common.cancel")}</Button>
            <Button type="submit" variant={danger ? "danger" : "primary"} busy={busy} disabled={disabled}>{submit}</Button>
        </>
    );
}

interface PasswordFieldProps {
    readonly error?: string | null;
    readonly value: string;
    readonly onChange: (password: string) => void;
}

function PasswordField({ error = null, value, onChange }: PasswordFieldProps) {
    const t = useT();
    return (
        <TextField
            label={t("profile.passwordBefore")}
            error={error ?? undefined}
            value={value}
            onChange={onChange}
            type="password"
            autoComplete="current-password"
            reveal={{ show: t("common.showPassword"), hide: t("common.hidePassword") }}
            autoFocus
        />
    );
}

interface CodeFieldProps {
    readonly hint?: string;
    readonly error?: string | null;
    readonly value: string;
    readonly onChange: (code: string) => void;
    readonly autoFocus?: boolean;
}

function CodeField({ hint, error = null, value, onChange, autoFocus = false }: CodeFieldProps) {
    const t = useT();
    return (
        <TextField
            label={t("factor.code")}
            hint={hint}
            error={error ?? undefined}
            value={value}
            onChange={onChange}
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={CODE_CHARACTERS_MAX}
            autoFocus={autoFocus}
        />
    );
}
