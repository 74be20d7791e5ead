/** More than a password for the owner: a passkey, or codes of an authenticator app. It may be left for later. */
import { Banner, Button, CopyField, QrCode, Spinner, TextField, readableUri } from "@veche/kit";
import { useEffect } from "react";
import { useServices, useStore, useT } from "../../app/context";
import { useAnswer } from "../../app/use_answer";
import { type Form, useField, useForm } from "../../app/use_field";
import type { SetupState } from "../../api/types";
import { StepForm } from "../Frame/StepForm";
import { Passkey } from "./Passkey";
import styles from "./SecondFactor.module.css";

export function SecondFactor({ answers }: { readonly answers: SetupState }) {
    return answers.owner?.second_factor === true || answers.owner?.passkey === true ? <On answers={answers} /> : <Offer answers={answers} />;
}

function Offer({ answers }: { readonly answers: SetupState }) {
    const t = useT();
    const { wizard, secondFactor } = useServices();
    const { connection } = useStore(wizard);
    const offer = useStore(secondFactor);
    const { send, goOn } = useAnswer("owner", answers, "second-factor");
    const [code, setCode] = useField("secondCode", "");
    const account = `@${answers.owner?.username ?? ""}:${answers.organisation?.server_name ?? ""}`;
    useEffect(() => {
        if (connection !== "lost") void secondFactor.want();
    }, [secondFactor, connection]);
    const form = useForm(
        (): { secondCode?: string } => (/^\s*\d{3}\s*\d{3}\s*$/.test(code) ? {} : { secondCode: t("second.codeEmpty") }),
        async () => {
            await send((api, token) => api.putSecondFactor(token, code.replaceAll(/\s/g, "")), "secondCode");
            const { view } = wizard.getSnapshot();
            if (view.phase === "answering" && view.answers.owner?.second_factor === true) secondFactor.forget();
        },
    );
    return (
        <StepForm
            step="second-factor"
            title={t("second.title")}
            lead={t("second.lead")}
            form={form}
            submit={t("second.submit")}
            aside={
                <Button variant="secondary" size="large" onClick={goOn} data-testid="skip">
                    {t("second.skip")}
                </Button>
            }
        >
            <Passkey answers={answers} />
            {offer === null ? <Spinner label={t("second.making")} size="large" /> : <Secret uri={readableUri(offer.uri, account)} secret={offer.secret} form={form} code={code} setCode={setCode} />}
        </StepForm>
    );
}

interface SecretProps {
    readonly uri: string;
    readonly secret: string;
    readonly form: Form;
    readonly code: string;
    readonly setCode: (code: string) => void;
}

function Secret({ uri, secret, form, code, setCode }: SecretProps) {
    const t = useT();
    return (
        <div className={styles.offer}>
            <div className={styles.code}>
                <QrCode value={uri} label={t("second.qr")} />
            </div>
            <div className={styles.words}>
                <p>
                    {t("second.scan")} <a href={uri}>{t("second.here")}</a>
                </p>
                <CopyField label={t("second.secret")} value={secret} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                <TextField
                    label={t("second.code")}
                    hint={t("second.codeHint")}
                    error={form.error("secondCode")}
                    value={code}
                    onChange={setCode}
                    inputMode="numeric"
                    autoComplete="one-time-code"
                    size="large"
                    icon="shield"
                />
            </div>
        </div>
    );
}

/** It is on: for whoever comes back to this page. */
function On({ answers }: { readonly answers: SetupState }) {
    const t = useT();
    const { wizard } = useServices();
    const { goOn } = useAnswer("owner", answers, "second-factor");
    const form = useForm(
        () => ({}),
        () => {
            goOn();
            return Promise.resolve();
        },
    );
    const off = () => {
        void wizard.answer("owner", (api, token) => (isPasskey ? api.deletePasskey(token) : api.deleteSecondFactor(token)));
    };
    const isPasskey = answers.owner?.passkey === true;
    return (
        <StepForm step="second-factor" title={t("second.title")} lead={t("second.lead")} form={form}>
            <Banner tone="success" action={<Button size="small" onClick={off}>{t("second.off")}</Button>}>
                {t(isPasskey ? "second.passkeyOn" : "second.on")}
            </Banner>
        </StepForm>
    );
}
