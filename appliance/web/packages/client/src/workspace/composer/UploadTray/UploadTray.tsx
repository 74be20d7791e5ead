/** Files on their way out of this room. */
import { Icon, IconButton, ProgressBar } from "@veche/kit";
import type { Upload } from "@veche/protocol/engine";
import { useEffect, useState } from "react";
import { useEngine, useI18n, useStore } from "../../../app/context";
import { problemText } from "../../../app/problems";
import styles from "./UploadTray.module.css";

export function UploadTray({ roomId, threadId }: { readonly roomId: string; readonly threadId: string | null }) {
    const { uploads } = useEngine();
    const all = useStore(uploads);
    const here = all.filter((upload) => upload.roomId === roomId && upload.threadId === threadId);
    if (here.length === 0) return null;
    return (
        <ul className={styles.tray}>
            {here.map((upload) => (
                <Row key={upload.id} upload={upload} />
            ))}
        </ul>
    );
}

function Row({ upload }: { readonly upload: Upload }) {
    const { t, format } = useI18n();
    const { uploads } = useEngine();
    const failed = upload.step === "failed";
    const value = upload.step === "uploading" ? { value: upload.progress } : upload.step === "waiting" ? { value: 0 } : {};
    return (
        <li className={styles.row} data-failed={failed || undefined}>
            <Icon name={failed ? "error" : "file"} size={20} />
            <div className={styles.words}>
                {failed ? (
                    <>
                        <span className={styles.name}>{upload.name}</span>
                        <FailedText upload={upload} />
                    </>
                ) : (
                    <ProgressBar label={upload.name} detail={`${t(`upload.${upload.step}`)} · ${format.bytes(upload.bytes)}`} {...value} />
                )}
            </div>
            {failed && <IconButton size="small" icon="refresh" label={t("common.retry")} onClick={() => { uploads.retry(upload.id); }} />}
            <IconButton size="small" icon="close" label={t("upload.cancel", { name: upload.name })} onClick={() => { uploads.cancel(upload.id); }} />
        </li>
    );
}

/** A file that is too large says how large it may be. */
function FailedText({ upload }: { readonly upload: Upload }) {
    const { t, format } = useI18n();
    const { uploads } = useEngine();
    const [max, setMax] = useState<number | null>(null);
    useEffect(() => {
        let here = true;
        void uploads.bytesMax().then((bytes) => {
            if (here) setMax(bytes);
        });
        return () => {
            here = false;
        };
    }, [uploads]);
    const text =
        upload.problem === "tooLarge" && max !== null
            ? t("upload.tooLarge", { size: format.bytes(upload.bytes), max: format.bytes(max) })
            : problemText(t, upload.problem ?? "unknown");
    return <span className={styles.problem}>{text}</span>;
}
