/** A picture, video or document of a message, as large as the window. */
import { IconButton, Spinner, useToasts } from "@veche/kit";
import { Suspense, lazy, useEffect, useRef, useState } from "react";
import { useEngine, useI18n } from "../../app/context";
import { problemText, thrownText } from "../../app/problems";
import { saveFile } from "../media/save";
import { useMedia } from "../media/use_media";
import { type Viewed, useUi } from "../ui/ui_store";
import styles from "./Viewer.module.css";

const Pdf = lazy(() => import("./Pdf"));

export default function Viewer({ viewed }: { readonly viewed: Viewed }) {
    const { t, format } = useI18n();
    const ui = useUi();
    const toasts = useToasts();
    const { media } = useEngine();
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => {
        dialog.current?.showModal();
    }, []);
    const save = () => {
        saveFile(media, viewed.file).catch((thrown: unknown) => {
            toasts.show({ tone: "danger", text: thrownText(t, thrown) });
        });
    };
    return (
        <dialog
            ref={dialog}
            className={styles.viewer}
            aria-label={viewed.file.name}
            onClose={ui.close}
            onClick={(event) => { if (event.target instanceof HTMLElement && event.target.dataset["ground"] !== undefined) ui.close(); }}
        >
            <header className={styles.head}>
                <div className={styles.words}>
                    <strong>{viewed.file.name}</strong>
                    <span>{`${viewed.sender} · ${format.dateTime(viewed.ts)}`}</span>
                </div>
                <IconButton icon="download" label={t("file.save", { name: viewed.file.name })} tooltip={false} onClick={save} />
                <IconButton icon="close" label={t("common.close")} tooltip={false} onClick={ui.close} autoFocus />
            </header>
            <div className={styles.stage} data-ground="">
                {viewed.kind === "image" && <Picture viewed={viewed} />}
                {viewed.kind === "video" && <Video viewed={viewed} />}
                {viewed.kind === "pdf" && (
                    <Suspense fallback={<Spinner label={t("common.loading")} />}>
                        <Pdf file={viewed.file} />
                    </Suspense>
                )}
            </div>
        </dialog>
    );
}

function Picture({ viewed }: { readonly viewed: Viewed }) {
    const { t } = useI18n();
    const { url, problem } = useMedia(viewed.file.source);
    const [large, setLarge] = useState(false);
    if (problem !== null) return <p className={styles.problem}>{problemText(t, problem)}</p>;
    if (url === null) return <Spinner label={t("common.loading")} />;
    return (
        <button type="button" className={styles.zoom} data-large={large || undefined} aria-label={large ? t("viewer.fit") : t("viewer.zoom")} onClick={() => { setLarge(!large); }}>
            <img src={url} alt={viewed.file.name} />
        </button>
    );
}

function Video({ viewed }: { readonly viewed: Viewed }) {
    const { t } = useI18n();
    const { url, problem } = useMedia(viewed.file.source);
    if (problem !== null) return <p className={styles.problem}>{problemText(t, problem)}</p>;
    if (url === null) return <Spinner label={t("common.loading")} />;
    return <video className={styles.video} src={url} controls autoPlay />;
}
