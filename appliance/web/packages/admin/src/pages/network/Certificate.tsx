/** The certificate: how it is, where it comes from, an upload. */
import { Badge, Banner, Button, RadioGroup, TextField, useToasts } from "@veche/kit";
import { useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useI18n, useLoaded, useT } from "../../app/context";
import { Resource } from "../../base/resource";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Card, type Fact, Facts, Shown } from "../../ui/Page";
import { UploadCard } from "./UploadCard";
import styles from "./Network.module.css";

type Status = Schemas["CertificateStatus"];
type Source = Schemas["CertificateChoice"]["source"];

const SOURCES: readonly Source[] = ["own", "upload", "acme"];
const MS = 1_000;

export function Certificate() {
    const api = useApi();
    const status = useLoaded(() => new Resource((signal) => api.get("/api/admin/v1/certificate", { signal })));
    return (
        <div className={styles.stack}>
            <Shown of={status} lines={8}>
                {(value) => (
                    <>
                        <Now status={value} />
                        <SourceCard key={value.wanted} status={value} onChange={(changed) => { status.set(changed); }} />
                        <UploadCard isSource={value.wanted === "upload"} onKept={(changed) => { status.set(changed); }} />
                    </>
                )}
            </Shown>
        </div>
    );
}

function Now({ status }: { readonly status: Status }) {
    const { t, format } = useI18n();
    const tone = status.alarm_level === 0 ? "success" : status.alarm_level >= 4 ? "danger" : "warning";
    const facts: readonly (Fact | null)[] = [
        { label: t("certificate.source"), value: <>{t(`source.${status.in_use as Source}`)} {status.wanted !== status.in_use && <Badge tone="warning">{t("certificate.standIn")}</Badge>}</> },
        { label: t("certificate.valid"), value: <><Badge tone={tone}>{t(status.alarm_level === 5 ? "certificate.invalid" : status.alarm_level === 0 ? "certificate.good" : "certificate.ending")}</Badge> {t("certificate.fromTo", { from: format.date(status.not_before * MS, "long"), to: format.date(status.not_after * MS, "long") })}</> },
        { label: t("certificate.names"), value: status.names.join(", ") },
        status.missing_names.length === 0 ? null : { label: t("certificate.missing"), value: <Badge tone="warning">{status.missing_names.join(", ")}</Badge> },
        { label: t("certificate.issuer"), value: <bdi>{status.issuer}</bdi> },
        status.next_try === null ? null : { label: t("certificate.next"), value: format.dateTime(status.next_try * MS) },
        { label: t("certificate.fingerprint"), value: <code className={styles.mono}>{status.fingerprint_sha256}</code> },
        { label: t("certificate.root"), value: <><code className={styles.mono}>{status.own_root_sha256}</code> <a href="/.well-known/veche/root-ca.pem" download>{t("certificate.rootFile")}</a></> },
    ];
    return (
        <>
            {status.last_error && (
                <Banner tone="danger" title={t("certificate.failing", { count: status.failures })}>
                    <bdi>{status.last_error.error}</bdi> · {format.dateTime(status.last_error.at * MS)}
                </Banner>
            )}
            <Card title={t("certificate.now")}>
                <Facts facts={facts} />
            </Card>
        </>
    );
}

/** What somebody has chosen, as the API takes it. */
function choice(source: Source, directory: string, email: string): Schemas["CertificateChoice"] {
    const text = (value: string) => (value.trim() === "" ? null : value.trim());
    return source === "acme" ? { source, directory: text(directory), email: text(email) } : { source };
}

function SourceCard({ status, onChange }: { readonly status: Status; readonly onChange: (status: Status) => void }) {
    const t = useT();
    const api = useApi();
    const toasts = useToasts();
    const [source, setSource] = useState<Source>(status.wanted as Source);
    const [directory, setDirectory] = useState(status.acme_directory ?? "");
    const [email, setEmail] = useState(status.acme_email ?? "");
    const [asking, setAsking] = useState(false);
    const isSame = source === status.wanted && (source !== "acme" || (directory === (status.acme_directory ?? "") && email === (status.acme_email ?? "")));
    return (
        <Card title={t("certificate.choose")} text={status.fixed ? t("certificate.fixed") : t("certificate.chooseText")}>
            <RadioGroup
                label={t("certificate.choose")}
                hideLabel
                value={source}
                onChange={(value) => { setSource(value as Source); }}
                options={SOURCES.map((value) => ({ value, label: t(`source.${value}`), hint: t(`source.${value}.text`), disabled: status.fixed }))}
            />
            {source === "acme" && !status.fixed && (
                <div className={styles.form}>
                    <TextField label={t("certificate.directory")} optional={t("common.optional")} hint={t("certificate.directoryHint")} type="url" value={directory} onChange={setDirectory} placeholder="https://acme-v02.api.letsencrypt.org/directory" spellCheck={false} />
                    <TextField label={t("certificate.email")} optional={t("common.optional")} hint={t("certificate.emailHint")} type="email" value={email} onChange={setEmail} />
                </div>
            )}
            {!status.fixed && (
                <div className={styles.acts}>
                    <Button variant="primary" disabled={isSame} onClick={() => { setAsking(true); }}>{t("common.save")}</Button>
                </div>
            )}
            {asking && (
                <ConfirmDialog
                    title={t("certificate.chooseTitle")}
                    confirm={t("common.save")}
                    danger={false}
                    proof="fresh"
                    onClose={() => { setAsking(false); }}
                    run={async (proof) => {
                        onChange(await api.put("/api/admin/v1/certificate/source", { body: choice(source, directory, email), proof }));
                        toasts.show({ text: t("certificate.chosen"), tone: "success" });
                    }}
                >
                    <p>{t(`certificate.will.${source}`)}</p>
                </ConfirmDialog>
            )}
        </Card>
    );
}
