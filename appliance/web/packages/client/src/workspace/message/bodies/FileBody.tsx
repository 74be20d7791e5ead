/** A file in a message. */
import { Icon, IconButton, useToasts } from "@veche/kit";
import type { FileDetails, Message } from "@veche/protocol/engine";
import { useEngine, useI18n } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import { thrownText } from "../../../app/problems";
import { saveFile } from "../../media/save";
import { useUi } from "../../ui/ui_store";
import styles from "./bodies.module.css";

export function FileBody({ file, message }: { readonly file: FileDetails; readonly message: Message }) {
    const { t, format } = useI18n();
    const ui = useUi();
    const toasts = useToasts();
    const { media } = useEngine();
    const task = useTask();
    const pdf = file.source.mimetype === "application/pdf";
    const save = () =>
        task.run(async () => {
            try {
                await saveFile(media, file);
            } catch (thrown) {
                toasts.show({ tone: "danger", text: thrownText(t, thrown) });
            }
        });
    const open = () => {
        if (pdf) ui.open({ kind: "viewer", viewed: { kind: "pdf", file, sender: message.sender.name, ts: message.ts } });
        else void save();
    };
    return (
        <div className={styles.file}>
            <button type="button" className={styles.fileOpen} onClick={open} aria-label={pdf ? t("viewer.open", { name: file.name }) : t("file.save", { name: file.name })}>
                <span className={styles.fileIcon}>
                    <Icon name={pdf ? "file-text" : "file"} size={24} />
                </span>
                <span className={styles.fileWords}>
                    <span className={styles.fileName}>{file.name}</span>
                    <span className={styles.fileSize}>{file.bytes === null ? t("file.unknownSize") : format.bytes(file.bytes)}</span>
                </span>
            </button>
            <IconButton icon="download" label={t("file.save", { name: file.name })} busy={task.busy} onClick={() => void save()} />
        </div>
    );
}
