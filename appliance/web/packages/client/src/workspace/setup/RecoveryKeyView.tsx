/** A new recovery key, to be kept by its user: copied, saved, printed. */
import { Button, Checkbox, Icon } from "@veche/kit";
import { useEffect, useState } from "react";
import { useEngine, useI18n, useStore } from "../../app/context";
import { saveBlob } from "../media/save";
import styles from "./setup.module.css";

interface Props {
    readonly recoveryKey: string;
    readonly kept: boolean;
    readonly onKept: (kept: boolean) => void;
}

export function RecoveryKeyView({ recoveryKey, kept, onKept }: Props) {
    const { t, format } = useI18n();
    const { account } = useEngine();
    const { userId } = useStore(account);
    const [copied, setCopied] = useState(false);
    useEffect(() => {
        if (!copied) return undefined;
        const timer = setTimeout(() => { setCopied(false); }, 2_000);
        return () => { clearTimeout(timer); };
    }, [copied]);
    const copy = async () => {
        await navigator.clipboard.writeText(recoveryKey);
        setCopied(true);
    };
    const save = () => {
        const text = [t("recoveryKey.fileTitle"), "", `${t("recoveryKey.fileAccount")}: ${userId}`, `${t("recoveryKey.fileDate")}: ${format.date(Date.now(), "long")}`, "", recoveryKey, "", t("recoveryKey.fileText"), ""];
        saveBlob(new Blob([text.join("\r\n")], { type: "text/plain" }), `${t("recoveryKey.fileName")}.txt`);
    };
    return (
        <div className={styles.key}>
            <div className={styles.printed}>
                <p className={styles.printTitle}>{t("recoveryKey.fileTitle")}</p>
                <p className={styles.printTitle}>{userId}</p>
                <code className={styles.keyText} data-testid="recovery-key">
                    {recoveryKey}
                </code>
                <p className={styles.printTitle}>{t("recoveryKey.fileText")}</p>
            </div>
            <div className={styles.keyActions}>
                <Button icon={copied ? "check" : "copy"} onClick={() => void copy()}>
                    {copied ? t("common.copied") : t("common.copy")}
                </Button>
                <Button icon="download" onClick={save}>
                    {t("recoveryKey.save")}
                </Button>
                <Button icon="print" onClick={() => { window.print(); }}>
                    {t("recoveryKey.print")}
                </Button>
            </div>
            <p className={styles.note}>
                <Icon name="warning" size={16} /> {t("recoveryKey.warning")}
            </p>
            <Checkbox label={t("recoveryKey.kept")} checked={kept} onChange={onKept} />
        </div>
    );
}
