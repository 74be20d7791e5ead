/** Signing in, with the account that one chats with. */
import { Banner, Button, TextField } from "@veche/kit";
import { type SubmitEvent, useState } from "react";
import { useServices, useT } from "../app/context";
import { usePasskeysHere } from "../app/passkeys";
import { useTask } from "../app/use_task";
import { type SignedOutReason, codeTrouble } from "../session/session_store";
import { ProofFields } from "../ui/ProofFields";
import { Frame } from "./Frame";
import styles from "./Frame.module.css";

export function SignIn({ reason }: { readonly reason: SignedOutReason }) {
    const t = useT();
    const { session } = useServices();
    const task = useTask();
    const [user, setUser] = useState("");
    const [password, setPassword] = useState("");
    // Null until the server has asked for one.
    const [code, setCode] = useState<string | null>(null);
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        const signIn = async () => {
            try {
                await session.signIn(user, password, code ?? "");
            } catch (thrown) {
                if (codeTrouble(thrown) !== null) setCode("");
                throw thrown;
            }
        };
        void task.run(signIn);
    };
    const byPasskey = async () => {
        const { userId, proof } = await session.proveByPasskey();
        await session.signIn(userId, proof);
    };
    return (
        <Frame title={t("signIn.title")} text={t("signIn.text", { server: location.host })}>
            <form className={styles.form} onSubmit={submit}>
                {reason !== "never" && task.error === null && (
                    <Banner tone={reason === "left" ? "success" : "warning"}>{t(`signIn.${reason}`)}</Banner>
                )}
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
                <ProofFields label={t("signIn.password")} password={password} onPassword={setPassword} code={code} onCode={setCode} size="large" />
                <Button type="submit" variant="primary" size="large" block busy={task.busy} disabled={user.trim() === "" || password === ""}>
                    {t("signIn.submit")}
                </Button>
                <ByPasskey busy={task.busy} onChoose={() => void task.run(byPasskey)} />
                <p className={styles.aside}>
                    <a href="/">{t("signIn.toChat")}</a>
                </p>
            </form>
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
