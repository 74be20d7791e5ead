/** A picture or a video in a message: small, in its own proportions before it has come, large when pressed. */
import { Icon } from "@veche/kit";
import type { Message, PictureDetails, Size } from "@veche/protocol/engine";
import { useMemo } from "react";
import { useI18n } from "../../../app/context";
import { problemText } from "../../../app/problems";
import { useMedia } from "../../media/use_media";
import { useUi } from "../../ui/ui_store";
import styles from "./bodies.module.css";

const WIDTH_PX_MAX = 420;
const HEIGHT_PX_MAX = 320;
const STICKER_PX = 192;
/** A file without a known size gets this much room. */
const UNKNOWN = { width: 320, height: 240 };
/** The server's thumbnails are made for screens with twice the pixels. */
const THUMBNAIL: Size = { width: 800, height: 600 };

/** The box a picture is shown in. */
export function boxOf(width: number | null, height: number | null, widthMax: number, heightMax: number): { width: number; height: number } {
    const size = width === null || height === null ? UNKNOWN : { width, height };
    const scale = Math.min(1, widthMax / size.width, heightMax / size.height);
    return { width: Math.max(48, Math.round(size.width * scale)), height: Math.max(48, Math.round(size.height * scale)) };
}

type Picture = { readonly kind: "image" | "sticker" | "video" } & PictureDetails;

export function PictureBody({ body, message }: { readonly body: Picture; readonly message: Message }) {
    const { t, format } = useI18n();
    const ui = useUi();
    const max = body.kind === "sticker" ? STICKER_PX : WIDTH_PX_MAX;
    const box = boxOf(body.width, body.height, max, body.kind === "sticker" ? STICKER_PX : HEIGHT_PX_MAX);
    // An animation must be whole to move; an encrypted picture without a thumbnail has nothing smaller.
    const animated = /gif|webp|apng/.test(body.source.mimetype);
    const plain = body.source.encrypted === null;
    const own = body.kind === "video" ? body.thumbnail : animated || (plain && body.thumbnail === null) ? body.source : (body.thumbnail ?? body.source);
    const size = useMemo(() => (plain && !animated && body.kind === "image" ? THUMBNAIL : null), [plain, animated, body.kind]);
    const shown = useMedia(own, size);
    const label = body.kind === "video" ? t("viewer.openVideo", { name: body.name }) : t("viewer.open", { name: body.name });
    const open = () => {
        if (body.kind === "sticker") return;
        ui.open({ kind: "viewer", viewed: { kind: body.kind, file: body, sender: message.sender.name, ts: message.ts } });
    };
    return (
        <button type="button" className={styles.picture} style={{ width: box.width, aspectRatio: `${box.width} / ${box.height}` }} aria-label={label} onClick={open}>
            {shown.url !== null && <img src={shown.url} alt={body.name} draggable={false} />}
            {shown.problem !== null && <span className={styles.pictureProblem}>{problemText(t, shown.problem)}</span>}
            {body.kind === "video" && (
                <>
                    <span className={styles.play}>
                        <Icon name="play" size={24} />
                    </span>
                    {body.durationMs !== null && <span className={styles.duration}>{format.duration(body.durationMs / 1000)}</span>}
                </>
            )}
        </button>
    );
}
