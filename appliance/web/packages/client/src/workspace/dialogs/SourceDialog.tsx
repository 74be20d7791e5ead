/** The event behind a message, for those who look for a fault. */
import { Button, Dialog } from "@veche/kit";
import { useEngine, useT } from "../../app/context";
import { useUi } from "../ui/ui_store";
import styles from "./dialogs.module.css";

export default function SourceDialog({ roomId, eventId }: { readonly roomId: string; readonly eventId: string }) {
    const t = useT();
    const ui = useUi();
    const source = useEngine().source(roomId, eventId);
    return (
        <Dialog
            open
            size="large"
            onClose={ui.close}
            title={t("source.title")}
            closeLabel={t("common.close")}
            actions={
                <Button icon="copy" onClick={() => void navigator.clipboard.writeText(source)}>
                    {t("common.copy")}
                </Button>
            }
        >
            <pre className={styles.source} tabIndex={0}>
                {source}
            </pre>
        </Dialog>
    );
}
