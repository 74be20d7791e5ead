/** The first question: the language, of this page, too. */
import { RadioGroup, type Language as LanguageName } from "@veche/kit";
import { useState } from "react";
import { useI18n } from "../../app/context";
import { useAnswer } from "../../app/use_answer";
import { useForm } from "../../app/use_field";
import type { SetupState } from "../../api/types";
import { StepForm } from "../Frame/StepForm";

export function Language({ answers }: { readonly answers: SetupState }) {
    const { t, language, setLanguage } = useI18n();
    const { send } = useAnswer("language", answers);
    const [chosen, setChosen] = useState<LanguageName | null>(answers.language);
    const value = chosen ?? language;
    const form = useForm(
        () => ({}),
        () => send((api, token) => api.putLanguage(token, value)),
    );
    return (
        <StepForm step="language" title={t("language.title")} lead={t("language.lead")} form={form}>
            <RadioGroup
                label={t("language.label")}
                hideLabel
                appearance="cards"
                value={value}
                onChange={(next) => {
                    setChosen(next as LanguageName);
                    setLanguage(next as LanguageName);
                }}
                options={[
                    { value: "en", label: "English" },
                    { value: "ru", label: "Русский" },
                ]}
            />
        </StepForm>
    );
}
