/** Company and server name: the one answer that cannot be changed later. */
import { Banner, TextField } from "@veche/kit";
import { useEffect } from "react";
import { useI18n, useServices } from "../../app/context";
import { useAnswer } from "../../app/use_answer";
import { type Complaints, useField, useForm } from "../../app/use_field";
import type { SetupState } from "../../api/types";
import { asServerName, suggestedName } from "../../wizard/server_name";
import { StepForm } from "../Frame/StepForm";
import { Finding, useNameError } from "./Finding";

export function Organisation({ answers }: { readonly answers: SetupState }) {
    const { t } = useI18n();
    const { nameCheck } = useServices();
    const { send } = useAnswer("organisation", answers);
    const fixed = answers.fixed_server_name;
    const [name, setName] = useField("organisation", answers.organisation?.name ?? "");
    const [typed, setServer] = useField("serverName", answers.organisation?.server_name ?? suggestedName(location.hostname));
    const serverName = fixed ?? asServerName(typed);
    useEffect(() => {
        void nameCheck.look(serverName);
    }, [nameCheck, serverName]);
    const nameError = useNameError(serverName);
    const form = useForm(
        (): Complaints => ({
            ...(name.trim() === "" ? { organisation: t("organisation.nameEmpty") } : {}),
            ...(serverName === "" ? { serverName: t("organisation.serverEmpty") } : {}),
        }),
        () => send((api, token) => api.putOrganisation(token, name.trim(), serverName), "organisation", "serverName"),
    );
    return (
        <StepForm step="organisation" title={t("organisation.title")} lead={t("organisation.lead")} form={form}>
            <TextField
                label={t("organisation.name")}
                error={form.error("organisation")}
                value={name}
                onChange={setName}
                autoComplete="organization"
                dir="auto"
                size="large"
            />
            <div>
                <TextField
                    label={t("organisation.server")}
                    hint={<ServerHint typed={typed} serverName={serverName} isFixed={fixed !== null} />}
                    error={form.error("serverName") ?? nameError}
                    value={fixed ?? typed}
                    onChange={setServer}
                    readOnly={fixed !== null}
                    autoComplete="off"
                    autoCapitalize="none"
                    spellCheck={false}
                    inputMode="url"
                    icon="globe"
                    size="large"
                />
                <Finding serverName={serverName} />
            </div>
            <Banner tone="warning" title={t("organisation.permanent")}>
                {t("organisation.permanentText")}
            </Banner>
        </StepForm>
    );
}

function ServerHint({ typed, serverName, isFixed }: { readonly typed: string; readonly serverName: string; readonly isFixed: boolean }) {
    const { t } = useI18n();
    if (isFixed) return t("organisation.fixed");
    if (serverName === "") return t("organisation.serverHint");
    const isOther = serverName !== typed.trim().toLowerCase();
    return (
        <>
            {isOther && `${t("organisation.written", { name: serverName })} `}
            {t("organisation.example", { address: `@anna:${serverName}` })}
        </>
    );
}
