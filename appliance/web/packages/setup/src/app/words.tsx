/** Problems in words: what happened and what to do. */
import type { ReactNode } from "react";
import type { Cause, Fault, FieldName, Problem } from "../wizard/problem";
import { isOfKey } from "../wizard/problem";
import type { T } from "./context";
import styles from "./words.module.css";

/** What is wrong. */
export function causeWords(t: T, cause: Cause): ReactNode {
    switch (cause.kind) {
        case "wrongCode":
            return t("problem.wrongCode", { count: cause.triesLeft });
        case "tooFast":
            return t("problem.tooFast", { count: Math.max(1, Math.ceil(cause.retryAfterMs / 1_000)) });
        case "nameFixed":
            return t("problem.nameFixed", { name: cause.serverName });
        case "passwordLength":
            return t("problem.passwordLength", { count: cause.charsMin });
        case "certificateFaults":
            return <Faults t={t} faults={cause.faults} />;
        case "certificateImpossible": {
            const { obstacle, detail } = cause;
            return obstacle === "other" ? t("problem.certificateImpossible", { detail }) : t(`obstacle.${obstacle}`);
        }
        case "server":
        case "unknown":
            return t(`problem.${cause.kind}`, { detail: cause.detail });
        case "unanswered":
            return t("problem.unanswered", { steps: cause.steps.map((step) => t(`steps.${step}`)).join(", ") });
        case "sessionEnded":
            return t("claim.again");
        case "over":
            return t("over.text");
        case "noAnswer":
        case "newCode":
        case "nameLength":
        case "nameInvalid":
        case "usernameInvalid":
        case "wrongSecondCode":
        case "organisationFirst":
        case "tooLarge":
            return t(`problem.${cause.kind}`);
    }
}

/** What a field has to say of a problem; nothing if it is about another one. */
export function wordsAt(t: T, problem: Problem | null, field: FieldName): ReactNode {
    if (problem === null) return undefined;
    const { cause } = problem;
    if (cause.kind !== "certificateFaults") return problem.field === field ? causeWords(t, cause) : undefined;
    const mine = cause.faults.filter((fault) => isOfKey(fault) === (field === "key"));
    const isMine = mine.length > 0 && (field === "key" || field === "chain");
    return isMine ? <Faults t={t} faults={mine} /> : undefined;
}

function Faults({ t, faults }: { readonly t: T; readonly faults: readonly Fault[] }) {
    const [first] = faults;
    if (faults.length === 1 && first !== undefined) return faultWords(t, first);
    return (
        <>
            {t("problem.certificateFaults", { count: faults.length })}
            {faults.map((fault, at) => (
                <span key={at} className={styles.fault}>
                    {faultWords(t, fault)}
                </span>
            ))}
        </>
    );
}

/** One thing that is wrong with an upload. A code that is not known here is told in the server's English. */
export function faultWords(t: T, fault: Fault): string {
    const value = (name: string): string => written(fault.parameters[name]);
    const certificate = value("certificate");
    switch (fault.code) {
        case "duplicate":
        case "not_x509":
        case "not_version3":
        case "weak_signature":
        case "unsupported_signature":
        case "unsupported_curve":
        case "edwards_curve":
        case "unsupported_key":
        case "expired":
        case "not_yet_valid":
        case "unknown_critical":
        case "damaged_extension":
        case "not_an_authority":
        case "chain_too_long":
        case "not_part_of_chain":
        case "bad_signature":
            return t(`fault.${fault.code}`, { certificate });
        case "rsa_too_short":
        case "rsa_too_long":
            return t(`fault.${fault.code}`, { certificate, bits: value("bits") });
        case "wrong_name":
            return t("fault.wrong_name", { wanted: value("wanted"), listed: value("listed") });
        case "wrong_order":
            return t("fault.wrong_order", { order: value("right_order") });
        case "too_large":
        case "not_pem":
        case "damaged_pem":
        case "no_certificate":
        case "too_many_certificates":
        case "server_is_authority":
        case "not_for_servers":
        case "no_digital_signature":
        case "no_names":
        case "no_key":
        case "several_keys":
        case "encrypted_key":
        case "unusable_key":
        case "key_mismatch":
            return t(`fault.${fault.code}`);
        default:
            return fault.error;
    }
}

function written(value: unknown): string {
    if (Array.isArray(value)) return value.map(written).join(", ");
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
