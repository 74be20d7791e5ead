/** Sound in a message; a voice message shows how loud it is over time. */
import { IconButton } from "@veche/kit";
import type { Body } from "@veche/protocol/engine";
import { useEffect, useRef, useState } from "react";
import { useI18n } from "../../../app/context";
import { problemText } from "../../../app/problems";
import { useMedia } from "../../media/use_media";
import styles from "./bodies.module.css";

type Audio = Extract<Body, { kind: "audio" }>;

const BARS = 48;

/** The waveform with as many bars as there is room for; even bars where there is none. */
export function barsOf(waveform: readonly number[]): number[] {
    if (waveform.length === 0) return new Array<number>(BARS).fill(0.25);
    return Array.from({ length: BARS }, (_, bar) => {
        const from = Math.floor((bar * waveform.length) / BARS);
        const to = Math.max(from + 1, Math.floor(((bar + 1) * waveform.length) / BARS));
        const part = waveform.slice(from, to);
        return Math.max(0.08, part.reduce((sum, value) => sum + value, 0) / part.length);
    });
}

export function AudioBody({ body }: { readonly body: Audio }) {
    const { t, format } = useI18n();
    const [wanted, setWanted] = useState(false);
    const [playing, setPlaying] = useState(false);
    const [place, setPlace] = useState(0);
    const audio = useRef<HTMLAudioElement>(null);
    const { url, problem } = useMedia(wanted ? body.source : null);
    const seconds = (body.durationMs ?? 0) / 1000;
    useEffect(() => {
        if (url !== null) void audio.current?.play().catch(() => undefined);
    }, [url]);
    const toggle = () => {
        if (!wanted || url === null) setWanted(true);
        else if (playing) audio.current?.pause();
        else void audio.current?.play();
    };
    const part = seconds > 0 ? place / seconds : 0;
    const seek = (event: React.ChangeEvent<HTMLInputElement>) => {
        if (!audio.current || seconds <= 0) return;
        audio.current.currentTime = Number(event.target.value) * seconds;
    };
    return (
        <div className={styles.audio}>
            <IconButton
                icon={playing ? "pause" : "play"}
                variant="secondary"
                busy={wanted && url === null && problem === null}
                label={playing ? t("audio.pause") : t("audio.play", { name: body.voice ? t("body.voice") : body.name })}
                onClick={toggle}
            />
            <div className={styles.audioWords}>
                {!body.voice && <span className={styles.fileName}>{body.name}</span>}
                <div className={styles.wave}>
                    {barsOf(body.waveform).map((height, bar) => (
                        <i key={bar} data-played={bar / BARS < part || undefined} style={{ height: `${Math.round(height * 100)}%` }} />
                    ))}
                    <input type="range" min={0} max={1} step={0.01} value={part} onChange={seek} aria-label={t("audio.place")} disabled={url === null} />
                </div>
            </div>
            <span className={styles.fileSize}>{format.duration(playing || place > 0 ? place : seconds)}</span>
            {problem !== null && <span className={styles.pictureProblem}>{problemText(t, problem)}</span>}
            {url !== null && (
                <audio
                    ref={audio}
                    src={url}
                    onPlay={() => { setPlaying(true); }}
                    onPause={() => { setPlaying(false); }}
                    onEnded={() => { setPlace(0); }}
                    onTimeUpdate={(event) => { setPlace(event.currentTarget.currentTime); }}
                />
            )}
        </div>
    );
}
