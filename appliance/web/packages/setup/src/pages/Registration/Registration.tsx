/** How people get in. */
import { RadioGroup } from "@veche/kit";
import { useState } from "react";
import { useT } from "../../app/context";
import { useAnswer } from "../../app/use_answer";
import { useForm } from "../../app/use_field";
import type { RegistrationMode, SetupState } from "../../api/types";
import { StepForm } from "../Frame/StepForm";

export function Registration({ answers }: { readonly answers: SetupState }) {
    const t = useT();
    const { send } = useAnswer("registration", answers);
    const [mode, setMode] = useState<RegistrationMode>(answers.registration?.mode ?? "token");
    const form = useForm(
        () => ({}),
        () => send((api, token) => api.putRegistration(token, mode)),
    );
    return (
        <StepForm step="registration" title={t("registration.title")} lead={t("registration.lead")} form={form}>
            <RadioGroup
                label={t("registration.label")}
                hideLabel
                appearance="cards"
                value={mode}
                onChange={(value) => {
                    setMode(value === "closed" ? "closed" : "token");
                }}
                options={[
                    { value: "token", label: t("registration.token"), hint: `${t("common.recommended")} ${t("registration.tokenHint")}`, icon: "link" },
                    { value: "closed", label: t("registration.closed"), hint: t("registration.closedHint"), icon: "user-add" },
                ]}
            />
        </StepForm>
    );
}
