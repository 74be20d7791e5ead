/** The camera, until it has seen the code on the other side's screen. */
import { Banner } from "@veche/kit";
import jsQR from "jsqr";
import { useEffect, useRef, useState } from "react";
import { useEngine, useT } from "../../app/context";
import styles from "./Verification.module.css";

/** Pictures looked at in a second are few: finding a code takes a phone a while. */
const LOOK_EVERY_MS = 200;
/** More pixels find nothing that fewer do not, and take longer. */
const SIDE_PX_MAX = 720;

export default function Scan() {
    const t = useT();
    const { verification } = useEngine();
    const video = useRef<HTMLVideoElement>(null);
    const [problem, setProblem] = useState<"camera" | "other" | null>(null);
    useEffect(() => {
        const screen = video.current;
        if (!screen) return undefined;
        let here = true;
        let stream: MediaStream | null = null;
        const canvas = document.createElement("canvas");
        const look = async () => {
            const code = here ? codeIn(screen, canvas) : null;
            if (code && !(await verification.scan(code)) && here) setProblem("other");
        };
        const timer = setInterval(() => void look(), LOOK_EVERY_MS);
        navigator.mediaDevices
            .getUserMedia({ video: { facingMode: "environment" } })
            .then(async (given) => {
                stream = given;
                if (!here) return stop(given);
                screen.srcObject = given;
                await screen.play();
            })
            .catch(() => {
                if (here) setProblem("camera");
            });
        return () => {
            here = false;
            clearInterval(timer);
            if (stream) stop(stream);
        };
    }, [verification]);
    return (
        <div className={styles.compare}>
            {problem === null ? <p>{t("verify.scanText")}</p> : <Banner tone="warning">{t(problem === "camera" ? "verify.noCamera" : "verify.otherCode")}</Banner>}
            {problem !== "camera" && <video ref={video} className={styles.camera} muted playsInline aria-label={t("verify.camera")} />}
        </div>
    );
}

function stop(stream: MediaStream): void {
    for (const track of stream.getTracks()) track.stop();
}

/** What the code in the picture says; null if there is none to be seen. */
function codeIn(screen: HTMLVideoElement, canvas: HTMLCanvasElement): Uint8ClampedArray | null {
    const scale = Math.min(1, SIDE_PX_MAX / Math.max(screen.videoWidth, screen.videoHeight, 1));
    const [width, height] = [Math.round(screen.videoWidth * scale), Math.round(screen.videoHeight * scale)];
    const pen = width > 0 && height > 0 ? canvas.getContext("2d", { willReadFrequently: true }) : null;
    if (!pen) return null;
    [canvas.width, canvas.height] = [width, height];
    pen.drawImage(screen, 0, 0, width, height);
    const found = jsQR(pen.getImageData(0, 0, width, height).data, width, height, { inversionAttempts: "dontInvert" });
    return found && found.binaryData.length > 0 ? new Uint8ClampedArray(found.binaryData) : null;
}
