/** Signing in by password, or by a passkey. */
import { Banner, Button, TextField } from "@veche/kit";
import { Homeserver, type RegistrationMode, type SignedOutReason } from "@veche/protocol";
import { type SubmitEvent, useEffect, useState } from "react";
import { loadForSigningIn } from "../../app/code";
import { useServices, useT } from "../../app/context";
import { usePasskeysHere } from "../../app/passkeys";
import { useTask } from "../../app/use_task";
import { GoOnAs } from "../../offline/GoOnAs";
import { Frame } from "../Frame/Frame";
import form from "../form.module.css";
import { useCode } from "../use_code";

export function SignIn({ reason }: { readonly reason: SignedOutReason }) {
    const t = useT();
    const { session } = useServices();
    const task = useTask();
    const mode = useRegistrationMode();
    const [user, setUser] = useState("");
    const [password, setPassword] = useState("");
    const code = useCode();
    const begun = user !== "";
    useEffect(() => {
        if (begun) loadForSigningIn();
    }, [begun]);
    const complete = user.trim() !== "" && password !== "" && code.complete;
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        void task.run(() => code.attempt(password, (secret) => session.signIn(user, secret)));
    };
    const byPasskey = async () => {
        loadForSigningIn();
        const { userId, proof } = await new Homeserver(location.origin).proveByPasskey();
        await session.signIn(userId, proof);
    };
    return (
        <Frame title={reason === "adding" ? t("accounts.addTitle") : t("signIn.title")} text={t("signIn.server", { server: location.host })}>
            <form className={form.form} onSubmit={submit}>
                {reason === "endedElsewhere" && <Banner tone="warning">{t("signIn.endedElsewhere")}</Banner>}
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                <TextField
                    label={t("signIn.user")}
                    value={user}
                    onChange={setUser}
                    autoComplete="username"
                    autoCapitalize="none"
                    spellCheck={false}
                    autoFocus
                    required
                    size="large"
                />
                <TextField
                    label={t("signIn.password")}
                    value={password}
                    onChange={setPassword}
                    type="password"
                    autoComplete="current-password"
                    reveal={{ show: t("common.showPassword"), hide: t("common.hidePassword") }}
                    required
                    size="large"
                />
                {code.field}
                <div className={form.actions}>
                    <Button type="submit" variant="primary" size="large" block busy={task.busy} disabled={!complete}>
                        {t("signIn.submit")}
                    </Button>
                    <ByPasskey busy={task.busy} onChoose={() => void task.run(byPasskey)} />
                    <Newcomers mode={mode} />
                </div>
            </form>
            <GoOnAs />
        </Frame>
    );
}

/** For browsers that can show a passkey to this server. */
function ByPasskey({ busy, onChoose }: { readonly busy: boolean; readonly onChoose: () => void }) {
    const t = useT();
    if (!usePasskeysHere()) return null;
    return (
        <Button size="large" block icon="key" disabled={busy} onClick={onChoose}>
            {t("signIn.passkey")}
        </Button>
    );
}

/** How one gets an account here; nothing until the server has said it. */
function Newcomers({ mode }: { readonly mode: RegistrationMode | null }) {
    const t = useT();
    if (mode === null) return null;
    if (mode === "closed") return <p className={form.aside}>{t("signIn.closed")}</p>;
    return (
        <p className={form.aside}>
            {t("signIn.noAccount")} <a href="#/register">{t("signIn.register")}</a>
        </p>
    );
}

/** Who may register at this server; null while it is asked, and when it does not answer. */
function useRegistrationMode(): RegistrationMode | null {
    const [mode, setMode] = useState<RegistrationMode | null>(null);
    useEffect(() => {
        let here = true;
        new Homeserver(location.origin).registrationMode().then(
            (answer) => {
                if (here) setMode(answer);
            },
            () => undefined,
        );
        return () => {
            here = false;
        };
    }, []);
    return mode;
}
