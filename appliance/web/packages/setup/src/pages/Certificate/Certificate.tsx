/** Where the certificate comes from. */
import { RadioGroup } from "@veche/kit";
import { type T, useT } from "../../app/context";
import { useAnswer } from "../../app/use_answer";
import { type Complaints, type Form, useField, useForm } from "../../app/use_field";
import type { CertificateAnswer, SetupState } from "../../api/types";
import { canBePublic } from "../../wizard/server_name";
import { StepForm } from "../Frame/StepForm";
import { Acme } from "./Acme";
import { Upload } from "./Upload";

type Source = CertificateAnswer["source"];

/** What is filled in, whatever is chosen. */
interface Filled {
    readonly source: Source;
    readonly email: string;
    readonly directory: string;
    readonly chain: string;
    readonly key: string;
}

export function Certificate({ answers }: { readonly answers: SetupState }) {
    const t = useT();
    const { send, goOn } = useAnswer("certificate", answers);
    const { certificate } = answers;
    const name = answers.organisation?.server_name ?? "";
    const isPublic = canBePublic(name);
    const recommended: Source = isPublic ? "acme" : "own";
    const acme = certificate?.source === "acme" ? certificate : null;
    const [typed, setSource] = useField("source", certificate?.source ?? recommended);
    const [email] = useField("email", acme?.email ?? "");
    const [directory] = useField("directory", acme?.directory ?? "");
    const [chain] = useField("chain", "");
    const [key] = useField("key", "");
    const filled: Filled = { source: sourceOf(typed, recommended), email, directory, chain, key };
    const isKept = certificate?.source === "upload" && chain === "" && key === "";
    const form = useForm(
        () => (filled.source === "upload" && isKept ? {} : complaints(t, filled)),
        async () => {
            if (filled.source === "upload" && isKept) goOn();
            else await send((api, token) => api.putCertificate(token, answerOf(filled)), "source", "email", "directory", "chain", "key");
        },
    );
    return (
        <StepForm step="certificate" title={t("certificate.title")} lead={t("certificate.lead", { name })} form={form}>
            <RadioGroup
                label={t("certificate.label")}
                hideLabel
                appearance="cards"
                value={filled.source}
                onChange={setSource}
                error={form.error("source")}
                options={options(t, name, isPublic)}
            />
            <Details filled={filled} form={form} isKept={isKept} answers={answers} />
        </StepForm>
    );
}

function Details({ filled, form, isKept, answers }: { readonly filled: Filled; readonly form: Form; readonly isKept: boolean; readonly answers: SetupState }) {
    if (filled.source === "acme") return <Acme form={form} answers={answers} />;
    if (filled.source === "upload") return <Upload form={form} isKept={isKept} />;
    return null;
}

function options(t: T, name: string, isPublic: boolean) {
    const withAdvice = (isRecommended: boolean, hint: string) => (isRecommended ? `${t("common.recommended")} ${hint}` : hint);
    return [
        {
            value: "acme",
            label: t("certificate.acme"),
            hint: isPublic ? withAdvice(true, t("certificate.acmeHint")) : `${t("certificate.notPublic", { name })} ${t("certificate.acmeHint")}`,
            icon: "globe" as const,
        },
        { value: "upload", label: t("certificate.upload"), hint: t("certificate.uploadHint"), icon: "upload" as const },
        { value: "own", label: t("certificate.own"), hint: withAdvice(!isPublic, t("certificate.ownHint")), icon: "server" as const },
    ];
}

function sourceOf(typed: string, recommended: Source): Source {
    return typed === "own" || typed === "upload" || typed === "acme" ? typed : recommended;
}

function complaints(t: T, { source, email, directory, chain, key }: Filled): Complaints {
    if (source === "acme") {
        return {
            ...(email.trim() !== "" && !/^\S+@\S+$/.test(email.trim()) ? { email: t("certificate.emailWrong") } : {}),
            ...(directory.trim() !== "" && !/^https:\/\/\S+$/i.test(directory.trim()) ? { directory: t("certificate.directoryWrong") } : {}),
        };
    }
    if (source === "own") return {};
    return {
        ...(chain.trim() === "" ? { chain: t("certificate.chainEmpty") } : {}),
        ...(key.trim() === "" ? { key: t("certificate.keyEmpty") } : {}),
    };
}

function answerOf({ source, email, directory, chain, key }: Filled): CertificateAnswer {
    const orNull = (text: string) => (text.trim() === "" ? null : text.trim());
    switch (source) {
        case "own":
            return { source };
        case "upload":
            return { source, chain, key };
        case "acme":
            return { source, directory: orNull(directory), email: orNull(email) };
    }
}
