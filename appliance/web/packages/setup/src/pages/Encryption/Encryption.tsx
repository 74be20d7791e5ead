/** Who can read what is written in new rooms. */
import { RadioGroup } from "@veche/kit";
import { useState } from "react";
import { useT } from "../../app/context";
import { useAnswer } from "../../app/use_answer";
import { useForm } from "../../app/use_field";
import type { EncryptionName, SetupState } from "../../api/types";
import { StepForm } from "../Frame/StepForm";

export function Encryption({ answers }: { readonly answers: SetupState }) {
    const t = useT();
    const { send } = useAnswer("encryption", answers);
    const [policy, setPolicy] = useState<EncryptionName>(answers.encryption ?? "private");
    const form = useForm(
        () => ({}),
        () => send((api, token) => api.putEncryption(token, policy)),
    );
    return (
        <StepForm step="encryption" title={t("encryption.title")} lead={t("encryption.lead")} form={form}>
            <RadioGroup
                label={t("encryption.label")}
                hideLabel
                appearance="cards"
                value={policy}
                onChange={(value) => {
                    setPolicy(value === "managed" ? "managed" : "private");
                }}
                options={[
                    { value: "private", label: t("encryption.private"), hint: `${t("common.recommended")} ${t("encryption.privateHint")}`, icon: "lock" },
                    { value: "managed", label: t("encryption.managed"), hint: t("encryption.managedHint"), icon: "server" },
                ]}
            />
        </StepForm>
    );
}
