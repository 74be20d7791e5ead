/** The owner's account. */
import { TextField } from "@veche/kit";
import { type T, useServices, useStore, useT } from "../../app/context";
import { useAnswer } from "../../app/use_answer";
import { type Complaints, useField, useForm } from "../../app/use_field";
import type { SetupState } from "../../api/types";
import { PASSWORD_CHARS_MIN, strengthOf } from "../../wizard/strength";
import { StepForm } from "../Frame/StepForm";
import { Meter } from "./Meter";

interface Filled {
    readonly username: string;
    readonly displayName: string;
    readonly password: string;
}

export function Owner({ answers }: { readonly answers: SetupState }) {
    const t = useT();
    const services = useServices();
    const typed = useStore(services.typed);
    const { send, goOn } = useAnswer("owner", answers);
    const { owner, organisation } = answers;
    const [username, setUsername] = useField("username", owner?.username ?? "");
    const [displayName, setDisplayName] = useField("displayName", owner?.display_name ?? "");
    const [password, setPassword] = useField("password", "");
    const serverName = organisation?.server_name ?? "";
    const filled: Filled = { username: username.trim(), displayName: displayName.trim(), password };
    const isUnchanged = owner !== null && password === "" && typed.username === undefined && typed.displayName === undefined;
    const names = [username, displayName, serverName, organisation?.name ?? ""];
    const form = useForm(
        () => (isUnchanged ? {} : complaints(t, filled, names)),
        async () => {
            if (isUnchanged) {
                goOn();
                return;
            }
            const answer = { username: filled.username, display_name: filled.displayName === "" ? null : filled.displayName, password };
            // A secret carries the name of the account that it was offered to.
            services.secondFactor.forget();
            await send((api, token) => api.putOwner(token, answer), "username", "displayName", "password");
        },
    );
    return (
        <StepForm step="owner" title={t("owner.title")} lead={t("owner.lead")} form={form}>
            <TextField
                label={t("owner.displayName")}
                hint={t("owner.displayNameHint")}
                optional={t("common.optional")}
                error={form.error("displayName")}
                value={displayName}
                onChange={setDisplayName}
                autoComplete="name"
                dir="auto"
                size="large"
            />
            <TextField
                label={t("owner.username")}
                hint={username.trim() === "" ? t("owner.usernameHint") : `${t("owner.usernameHint")} ${t("owner.address", { address: `@${filled.username}:${serverName}` })}`}
                error={form.error("username")}
                value={username}
                onChange={(value) => {
                    setUsername(value.toLowerCase());
                }}
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                icon="at"
                size="large"
            />
            <div>
                <TextField
                    label={t("owner.password")}
                    hint={owner === null ? t("owner.passwordHint") : t("owner.passwordKept")}
                    error={form.error("password")}
                    value={password}
                    onChange={setPassword}
                    type="password"
                    autoComplete="new-password"
                    reveal={{ show: t("common.show"), hide: t("common.hide") }}
                    icon="lock"
                    size="large"
                />
                <Meter strength={strengthOf(password, names)} />
            </div>
        </StepForm>
    );
}

function complaints(t: T, { username, password }: Filled, names: readonly string[]): Complaints {
    const found: Complaints = {};
    if (username === "") found.username = t("owner.usernameEmpty");
    else if (!/^[a-z0-9._=\-/+]+$/.test(username)) found.username = t("problem.usernameInvalid");
    const strength = strengthOf(password, names);
    if (strength === "none") found.password = t("owner.passwordEmpty");
    else if (strength === "short") found.password = t("problem.passwordLength", { count: PASSWORD_CHARS_MIN });
    else if (strength === "guessed") found.password = t("owner.passwordGuessed");
    return found;
}
