/** Making an account: with a registration token, or without one where the server lets anybody in. */
import { Banner, Button, Spinner, TextField } from "@veche/kit";
import { Homeserver, type RegistrationMode } from "@veche/protocol";
import { type SubmitEvent, useEffect, useState } from "react";
import { useServices, useT } from "../../app/context";
import { thrownText } from "../../app/problems";
import { useTask } from "../../app/use_task";
import { Frame } from "../Frame/Frame";
import form from "../form.module.css";

const server = new Homeserver(location.origin);

export function Register({ invitation }: { readonly invitation: string | null }) {
    const t = useT();
    const [mode, setMode] = useState<RegistrationMode | null>(null);
    const [error, setError] = useState<string | null>(null);
    useEffect(() => {
        server.registrationMode().then(setMode, (thrown: unknown) => {
            setError(thrownText(t, thrown));
        });
    }, [t]);
    const back = (
        <p className={form.aside}>
            {t("register.haveAccount")} <a href="#/">{t("register.signIn")}</a>
        </p>
    );
    return (
        <Frame title={t("register.title")} text={t("signIn.server", { server: location.host })}>
            {error !== null && (
                <div className={form.form}>
                    <Banner tone="danger">{error}</Banner>
                    {back}
                </div>
            )}
            {error === null && mode === null && <Spinner label={t("common.loading")} />}
            {mode === "closed" && (
                <div className={form.form}>
                    <Banner tone="info">{t("signIn.closed")}</Banner>
                    {back}
                </div>
            )}
            {(mode === "token" || mode === "open") && (
                <RegisterForm key={invitation} wantsToken={mode === "token"} invitation={invitation}>
                    {back}
                </RegisterForm>
            )}
        </Frame>
    );
}

interface FormProps {
    readonly wantsToken: boolean;
    readonly invitation: string | null;
    readonly children: React.ReactNode;
}

function RegisterForm({ wantsToken, invitation, children }: FormProps) {
    const t = useT();
    const { session, router } = useServices();
    const task = useTask();
    const [token, setToken] = useState(invitation ?? "");
    const [username, setUsername] = useState("");
    const [password, setPassword] = useState("");
    const { nameError, checkName } = useNameCheck(username);
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        const registration = { username, password, ...(wantsToken ? { token } : {}) };
        const done = await task.run(() => session.register(registration));
        if (done) router.replace({ page: "home" });
    };
    const complete = username.trim() !== "" && password !== "" && (!wantsToken || token.trim() !== "");
    return (
        <form className={form.form} onSubmit={(event) => void submit(event)}>
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            {wantsToken && (
                <TextField
                    label={t("register.token")}
                    hint={t("register.tokenHint")}
                    value={token}
                    onChange={setToken}
                    autoComplete="off"
                    autoCapitalize="none"
                    spellCheck={false}
                    autoFocus={invitation === null}
                    required
                    size="large"
                />
            )}
            <TextField
                label={t("register.user")}
                hint={t("register.userHint", { server: location.hostname })}
                error={nameError ?? undefined}
                value={username}
                onChange={setUsername}
                onBlur={checkName}
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                autoFocus={!wantsToken || invitation !== null}
                required
                size="large"
            />
            <TextField
                label={t("register.password")}
                hint={t("register.passwordHint")}
                value={password}
                onChange={setPassword}
                type="password"
                autoComplete="new-password"
                reveal={{ show: t("common.showPassword"), hide: t("common.hidePassword") }}
                required
                size="large"
            />
            <div className={form.actions}>
                <Button type="submit" variant="primary" size="large" block busy={task.busy} disabled={!complete}>
                    {t("register.submit")}
                </Button>
                {children}
            </div>
        </form>
    );
}

/** Whether the name is free, asked when its field is left. */
function useNameCheck(username: string): { nameError: string | null; checkName: () => void } {
    const t = useT();
    const [nameError, setNameError] = useState<string | null>(null);
    const checkName = () => {
        if (username.trim() === "") return;
        server.checkName(username).then(
            () => { setNameError(null); },
            (thrown: unknown) => { setNameError(thrownText(t, thrown)); },
        );
    };
    return { nameError, checkName };
}
