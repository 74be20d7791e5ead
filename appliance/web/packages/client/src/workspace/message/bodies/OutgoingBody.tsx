/** A file of mine that is not on the server yet: it waits for the connection, or goes just now. */
import { Icon, IconButton, ProgressBar } from "@veche/kit";
import type { Body, Message } from "@veche/protocol/engine";
import { useEngine, useI18n, useStore } from "../../../app/context";
import styles from "./bodies.module.css";

interface Props {
    readonly file: Extract<Body, { kind: "outgoing" }>;
    readonly message: Message;
    readonly roomId: string;
}

export function OutgoingBody({ file, message, roomId }: Props) {
    const { t, format } = useI18n();
    const { uploads, actions } = useEngine();
    const part = useStore(uploads.carried).get(message.eventId);
    const name = file.voice ? t("body.voice") : file.name;
    const size = format.bytes(file.bytes);
    const failed = message.delivery === "failed";
    return (
        <div className={styles.file}>
            <span className={styles.fileIcon} data-quiet>
                <Icon name={file.voice ? "mic" : "file"} size={24} />
            </span>
            <div className={styles.fileWords}>
                {part === undefined ? (
                    <>
                        <span className={styles.fileName}>{name}</span>
                        <span className={styles.fileSize}>{failed ? size : `${t("delivery.waiting")} · ${size}`}</span>
                    </>
                ) : (
                    <ProgressBar label={name} detail={`${t("upload.uploading")} · ${size}`} value={part} />
                )}
            </div>
            {/* What has failed is discarded below, where it says why. */}
            {!failed && <IconButton size="small" icon="close" label={t("upload.cancel", { name })} onClick={() => { actions.discard(roomId, message.eventId); }} />}
        </div>
    );
}
