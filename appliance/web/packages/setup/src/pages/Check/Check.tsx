/** All answers once more, before the server starts with them. */
import { Banner } from "@veche/kit";
import { type T, useServices, useT } from "../../app/context";
import { useForm } from "../../app/use_field";
import type { SetupCertificate, SetupState } from "../../api/types";
import { type PageName, addressOf } from "../../wizard/steps";
import { StepForm } from "../Frame/StepForm";
import styles from "./Check.module.css";

const LANGUAGES = { en: "English", ru: "Русский" } as const;

export function Check({ answers }: { readonly answers: SetupState }) {
    const t = useT();
    const { wizard } = useServices();
    const form = useForm(
        () => ({}),
        () => wizard.finish(),
    );
    return (
        <StepForm step="check" title={t("check.title")} lead={t("check.lead")} form={form} submit={t("check.start")}>
            <dl className={styles.answers}>
                {rows(t, answers).map(([page, name, value]) => (
                    <div key={name} className={styles.row}>
                        <dt>{name}</dt>
                        <dd>
                            <span dir="auto" className={styles.value}>
                                {value}
                            </span>
                            <a href={addressOf(page)} className={styles.change} aria-label={t("check.changeOf", { what: name })}>
                                {t("common.change")}
                            </a>
                        </dd>
                    </div>
                ))}
            </dl>
            <Banner tone="warning">{t("check.permanent", { name: answers.organisation?.server_name ?? "" })}</Banner>
        </StepForm>
    );
}

/** What was answered; this page is reached only when everything is. */
function rows(t: T, answers: SetupState): [page: PageName, name: string, value: string][] {
    const { language, organisation, certificate, owner, registration, encryption } = answers;
    return [
        ["language", t("check.language"), language === null ? "" : LANGUAGES[language]],
        ["organisation", t("check.organisation"), organisation?.name ?? ""],
        ["organisation", t("check.server"), organisation?.server_name ?? ""],
        ["certificate", t("check.certificate"), certificate === null ? "" : certificateWords(t, certificate)],
        ["owner", t("check.owner"), owner === null ? "" : (owner.display_name ?? owner.username)],
        ["second-factor", t("check.secondFactor"), t(secondFactorWords(owner))],
        ["registration", t("check.registration"), registration === null ? "" : t(`registration.${registration.mode}`)],
        ["encryption", t("check.encryption"), encryption === null ? "" : t(`encryption.${encryption}`)],
    ];
}

function secondFactorWords(owner: SetupState["owner"]) {
    if (owner?.passkey === true) return "check.passkey";
    return owner?.second_factor === true ? "check.secondFactorOn" : "check.secondFactorOff";
}

function certificateWords(t: T, certificate: SetupCertificate): string {
    switch (certificate.source) {
        case "own":
            return t("check.certificateOwn");
        case "upload":
            return t("check.certificateUpload");
        case "acme":
            return certificate.directory === null
                ? t("check.certificateAcme")
                : t("check.certificateAcmeOf", { directory: certificate.directory });
    }
}
