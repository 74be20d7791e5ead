/** A certificate that somebody has: two texts, pasted or out of files. */
import { Banner, Button, TextArea } from "@veche/kit";
import { type ReactNode, useRef, useState } from "react";
import { useT } from "../../app/context";
import { type Form, useField } from "../../app/use_field";
import styles from "./Certificate.module.css";

/** More than any chain with its key has; the server has a limit of its own. */
const FILE_BYTES_MAX = 1_000_000;

export function Upload({ form, isKept }: { readonly form: Form; readonly isKept: boolean }) {
    const t = useT();
    const [chain, setChain] = useField("chain", "");
    const [key, setKey] = useField("key", "");
    return (
        <div className={styles.details}>
            {isKept && <Banner tone="success">{t("certificate.kept")}</Banner>}
            <Pem label={t("certificate.chain")} hint={t("certificate.chainHint")} value={chain} onChange={setChain} error={form.error("chain")} />
            <Pem label={t("certificate.key")} hint={t("certificate.keyHint")} value={key} onChange={setKey} error={form.error("key")} />
        </div>
    );
}

interface PemProps {
    readonly label: string;
    readonly hint: string;
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly error: ReactNode;
}

function Pem({ label, hint, value, onChange, error }: PemProps) {
    const t = useT();
    const input = useRef<HTMLInputElement>(null);
    const [isTooLarge, setTooLarge] = useState(false);
    const read = async (file: File) => {
        setTooLarge(file.size > FILE_BYTES_MAX);
        if (file.size <= FILE_BYTES_MAX) onChange(await file.text());
    };
    return (
        <div className={styles.pem}>
            <TextArea
                label={label}
                hint={hint}
                error={isTooLarge ? t("certificate.fileLarge") : error}
                value={value}
                onChange={(text) => {
                    setTooLarge(false);
                    onChange(text);
                }}
                rows={4}
                rowsMax={8}
                autoComplete="off"
                spellCheck={false}
                className={styles.text}
            />
            <input
                ref={input}
                type="file"
                hidden
                aria-label={`${t("certificate.file")}: ${label}`}
                accept=".pem,.crt,.cer,.key,.txt,application/x-pem-file"
                onChange={(event) => {
                    const file = event.currentTarget.files?.[0];
                    // The same file may be chosen again after it was mended.
                    event.currentTarget.value = "";
                    if (file) void read(file);
                }}
            />
            <Button size="small" icon="file" aria-label={`${t("certificate.file")}: ${label}`} onClick={() => input.current?.click()}>
                {t("certificate.file")}
            </Button>
        </div>
    );
}
