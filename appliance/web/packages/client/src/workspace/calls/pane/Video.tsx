/** A moving picture in an element. */
import type { Picture } from "@veche/protocol/engine";
import { useEffect, useRef } from "react";
import styles from "./Tile.module.css";

interface Props {
    readonly picture: Picture;
    readonly mirrored: boolean;
    readonly whole: boolean;
}

export function Video({ picture, mirrored, whole }: Props) {
    const element = useRef<HTMLVideoElement>(null);
    useEffect(() => (element.current ? picture.attach(element.current) : undefined), [picture]);
    // Its sound comes by itself; a picture that plays is no control, and what it shows is said beside it.
    return <video ref={element} className={styles.video} data-mirrored={mirrored || undefined} data-whole={whole || undefined} autoPlay playsInline muted aria-hidden="true" />;
}
