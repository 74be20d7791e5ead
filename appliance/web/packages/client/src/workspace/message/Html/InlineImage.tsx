/** A small picture in a text, such as an emoji of one's own; a picture from elsewhere is only its words. */
import type { MediaSource } from "@veche/protocol/engine";
import { useMemo } from "react";
import { useMedia } from "../../media/use_media";
import styles from "./Html.module.css";

export function InlineImage({ src, alt }: { readonly src: string; readonly alt: string }) {
    const source = useMemo<MediaSource | null>(
        () => (src.startsWith("mxc://") ? { mxc: src, encrypted: null, mimetype: "image/png" } : null),
        [src],
    );
    const { url } = useMedia(source);
    return url === null ? <span>{alt}</span> : <img className={styles.inlineImage} src={url} alt={alt} title={alt} />;
}
