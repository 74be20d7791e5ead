/** The code of an authenticator app beside the password: on, off. */
import { Badge, Banner, Button, CopyField, Dialog, QrCode, TextField, classes, readableUri, useToasts } from "@veche/kit";
import { isPasskeyProof } from "@veche/protocol";
import type { SecondFactorOffer } from "@veche/protocol/engine";
import { useCallback, useEffect, useState } from "react";
import { useEngine, useStore, useT } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import { OwnPassword } from "../../ui/OwnPassword";
import styles from "./pages.module.css";

/** As apps show them: in two groups, or in one. */
const SIX_DIGITS = /^\s*\d{3}\s*\d{3}\s*$/;
/** With blanks that were copied along. */
const CODE_CHARACTERS_MAX = 9;

/** For a password that is asked for in one field: that the code stands behind it, if there is a second factor. */
export function useCodeHint(): string | undefined {
    const t = useT();
    const { account } = useEngine();
    return useStore(account).secondFactor === true ? t("factor.behind") : undefined;
}

export function SecondFactor() {
    const t = useT();
    const { account } = useEngine();
    const { secondFactor: isOn } = useStore(account);
    const { run, error } = useTask();
    const load = useCallback(() => run(() => account.lookAtSecondFactor()), [run, account]);
    useEffect(() => { void load(); }, [load]);
    // What is being turned on or off does not change while the dialog is open, even if the state does.
    const [open, setOpen] = useState<"on" | "off" | null>(null);
    const close = () => { setOpen(null); };
    if (isOn === null && error === null) return null;
    return (
        <section className={styles.section}>
            <h3 className={classes(styles.title, styles.state)}>
                {t("factor.title")}{" "}
                {isOn !== null && <Badge tone={isOn ? "success" : "neutral"}>{t(isOn ? "factor.stateOn" : "factor.stateOff")}</Badge>}
            </h3>
            {error !== null && <Banner tone="danger" action={<Button onClick={() => void load()}>{t("common.retry")}</Button>}>{error}</Banner>}
            {isOn !== null && (
                <>
                    <p className={styles.text}>{t(isOn ? "factor.onText" : "factor.text")}</p>
                    <div className={styles.actions}>
                        <Button icon="shield" onClick={() => { setOpen(isOn ? "off" : "on"); }}>{t(isOn ? "factor.turnOff" : "factor.turnOn")}</Button>
                    </div>
                </>
            )}
            {open === "on" && <TurnOn onClose={close} />}
            {open === "off" && <TurnOff onClose={close} />}
        </section>
    );
}

/** One step of a dialog. The state that was wanted closes it, also when it came from elsewhere. */
function useStep(wanted: boolean, onClose: () => void) {
    const t = useT();
    const { account } = useEngine();
    const toasts = useToasts();
    const task = useTask();
    const step = async (work: () => Promise<void>) => {
        await task.run(work);
        if (account.getSnapshot().secondFactor !== wanted) return;
        toasts.show({ tone: "success", text: t(wanted ? "factor.isOn" : "factor.isOff") });
        onClose();
    };
    return { step, busy: task.busy, error: task.error };
}

interface DialogProps {
    readonly onClose: () => void;
}

/** First the password, then the secret and a code of it. */
function TurnOn({ onClose }: DialogProps) {
    const t = useT();
    const { account, me } = useEngine();
    const { step, busy, error } = useStep(true, onClose);
    const [password, setPassword] = useState("");
    const [code, setCode] = useState("");
    const [offer, setOffer] = useState<SecondFactorOffer | null>(null);
    const isReady = offer === null ? password !== "" : SIX_DIGITS.test(code);
    const submit = () => {
        if (!isReady) return;
        void step(async () => {
            if (offer === null) setOffer(await account.offerSecondFactor(password));
            else await account.turnSecondFactorOn(code);
        });
    };
    return (
        <Dialog
            open
            onClose={onClose}
            title={t("factor.title")}
            description={t(offer === null ? "factor.text" : "factor.scan")}
            closeLabel={t("common.close")}
            onSubmit={submit}
            actions={<Actions submit={t(offer === null ? "factor.next" : "factor.turnOn")} busy={busy} disabled={!isReady} onClose={onClose} />}
        >
            <div className={styles.section}>
                {offer === null ? (
                    <OwnPassword label={t("profile.passwordBefore")} error={error} value={password} onChange={setPassword} autoFocus />
                ) : (
                    <>
                        <div className={styles.picture}>
                            <QrCode value={readableUri(offer.uri, me)} label={t("factor.qr")} />
                            <a href={offer.uri}>{t("factor.here")}</a>
                        </div>
                        <CopyField label={t("factor.secret")} value={offer.secret} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                        <CodeField hint={t("factor.codeHint")} error={error} value={code} onChange={setCode} autoFocus />
                    </>
                )}
            </div>
        </Dialog>
    );
}

function TurnOff({ onClose }: DialogProps) {
    const t = useT();
    const { account } = useEngine();
    const { step, busy, error } = useStep(false, onClose);
    const [password, setPassword] = useState("");
    const [code, setCode] = useState("");
    const isReady = isPasskeyProof(password) || (password !== "" && SIX_DIGITS.test(code));
    const submit = () => {
        if (isReady) void step(() => account.turnSecondFactorOff(password, code));
    };
    return (
        <Dialog
            open
            size="small"
            onClose={onClose}
            title={t("factor.offTitle")}
            description={t("factor.offText")}
            closeLabel={t("common.close")}
            onSubmit={submit}
            actions={<Actions submit={t("factor.turnOff")} danger busy={busy} disabled={!isReady} onClose={onClose} />}
        >
            <div className={styles.section}>
                {/* Either of the two may be what is wrong. */}
                {error !== null && <Banner tone="danger">{error}</Banner>}
                <OwnPassword label={t("profile.passwordBefore")} value={password} onChange={setPassword} autoFocus />
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

interface CodeFieldProps {
    readonly hint?: string | undefined;
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
