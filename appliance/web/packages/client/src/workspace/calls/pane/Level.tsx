/** A bar as long as the microphone is loud. */
import { useEffect, useRef } from "react";
import styles from "./Lobby.module.css";

/** Speech at arm's length fills it. */
const LOUD = 0.25;

export function Level({ stream }: { readonly stream: MediaStream }) {
    const bar = useRef<HTMLSpanElement>(null);
    useEffect(() => {
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        analyser.fftSize = 512;
        context.createMediaStreamSource(stream).connect(analyser);
        const samples = new Float32Array(analyser.fftSize);
        let frame = 0;
        const draw = () => {
            analyser.getFloatTimeDomainData(samples);
            const loud = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
            if (bar.current) bar.current.style.transform = `scaleX(${Math.min(1, loud / LOUD)})`;
            frame = requestAnimationFrame(draw);
        };
        draw();
        return () => {
            cancelAnimationFrame(frame);
            void context.close();
        };
    }, [stream]);
    return (
        <span className={styles.level} aria-hidden="true">
            <span ref={bar} className={styles.loud} />
        </span>
    );
}
