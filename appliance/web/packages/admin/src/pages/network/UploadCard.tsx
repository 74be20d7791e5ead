/** A certificate of one's own: two files or one, looked at before they are kept. */
import { Banner, Button, TextArea, useToasts } from "@veche/kit";
import { type ChangeEvent, useRef, useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useStore, useT } from "../../app/context";
import { thrownText } from "../../app/problems";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Card } from "../../ui/Page";
import { type Fault, UploadStore, splitPem } from "./certificate_store";
import { faultText } from "./fault_words";
import styles from "./Network.module.css";

export interface UploadCardProps {
    /** Whether uploads are where the certificate comes from. */
    readonly isSource: boolean;
    readonly onKept: (status: Schemas["CertificateStatus"]) => void;
}

export function UploadCard({ isSource, onKept }: UploadCardProps) {
    const t = useT();
    const api = useApi();
    const toasts = useToasts();
    const [store] = useState(() => new UploadStore(api));
    const state = useStore(store);
    const [upload, setUpload] = useState({ chain: "", key: "" });
    const [asking, setAsking] = useState(false);
    const change = (more: Partial<typeof upload>) => {
        setUpload({ ...upload, ...more });
        store.changed();
    };
    const read = (text: string) => {
        const { chain, key } = splitPem(text);
        // What is no PEM at all is shown, too: the server says what is wrong with it.
        if (chain === "" && key === "") change({ chain: text });
        else change({ ...(chain === "" ? {} : { chain }), ...(key === "" ? {} : { key }) });
    };
    return (
        <Card title={t("upload.title")} text={t(isSource ? "upload.text" : "upload.textOther")} actions={<FileButton onText={read} />}>
            <TextArea label={t("upload.chain")} hint={t("upload.chainHint")} value={upload.chain} onChange={(chain) => { change({ chain }); }} rows={4} rowsMax={8} spellCheck={false} className={styles.pem} placeholder="-----BEGIN CERTIFICATE-----" />
            <TextArea label={t("upload.key")} hint={t("upload.keyHint")} value={upload.key} onChange={(key) => { change({ key }); }} rows={4} rowsMax={8} spellCheck={false} autoComplete="off" className={styles.pem} placeholder="-----BEGIN PRIVATE KEY-----" />
            {state.phase === "faulty" && <Faults faults={state.faults} />}
            {state.phase === "good" && <Banner tone="success">{t("upload.good")}</Banner>}
            {state.phase === "unknown" && state.thrown !== null && <Banner tone="danger">{thrownText(t, state.thrown)}</Banner>}
            <div className={styles.acts}>
                <Button busy={state.phase === "unknown" && state.busy} disabled={upload.chain.trim() === "" && upload.key.trim() === ""} onClick={() => void store.check(upload)}>
                    {t("upload.check")}
                </Button>
                <Button variant="primary" disabled={state.phase !== "good"} onClick={() => { setAsking(true); }}>
                    {t("upload.keep")}
                </Button>
            </div>
            {asking && (
                <ConfirmDialog
                    title={t("upload.keepTitle")}
                    confirm={t("upload.keep")}
                    danger={false}
                    proof="fresh"
                    onClose={() => { setAsking(false); }}
                    run={async (proof) => {
                        onKept(await store.keep(upload, proof));
                        toasts.show({ text: t("upload.kept"), tone: "success" });
                        change({ chain: "", key: "" });
                    }}
                >
                    <p>{t(isSource ? "upload.keepText" : "upload.keepTextOther")}</p>
                </ConfirmDialog>
            )}
        </Card>
    );
}

function Faults({ faults }: { readonly faults: readonly Fault[] }) {
    const t = useT();
    return (
        <Banner tone="danger" title={t("upload.faults", { count: faults.length })}>
            <ul className={styles.faults}>
                {faults.map((fault, index) => (
                    <li key={index}>{faultText(t, fault)}</li>
                ))}
            </ul>
        </Banner>
    );
}

function FileButton({ onText }: { readonly onText: (text: string) => void }) {
    const t = useT();
    const field = useRef<HTMLInputElement>(null);
    const read = async (event: ChangeEvent<HTMLInputElement>) => {
        const files = [...(event.target.files ?? [])];
        const texts = await Promise.all(files.map((file) => file.text()));
        event.target.value = "";
        if (texts.length > 0) onText(texts.join("\n"));
    };
    return (
        <>
            <input ref={field} type="file" multiple accept=".pem,.crt,.cer,.key,.txt" hidden aria-label={t("upload.files")} onChange={(event) => void read(event)} />
            <Button icon="upload" onClick={() => { field.current?.click(); }}>
                {t("upload.files")}
            </Button>
        </>
    );
}
