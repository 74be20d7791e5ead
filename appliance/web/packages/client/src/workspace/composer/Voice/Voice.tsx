/** Recording a voice message. */
import { Banner, IconButton } from "@veche/kit";
import { useEffect, useRef, useState } from "react";
import { useI18n } from "../../../app/context";
import { Recorder, type Recorded } from "./recorder";
import styles from "./Voice.module.css";

interface Props {
    readonly onCancel: () => void;
    readonly onDone: (file: File, voice: { durationMs: number; waveform: readonly number[] }) => void;
}

export function Voice({ onCancel, onDone }: Props) {
    const { t, format } = useI18n();
    const recorder = useRef<Recorder | null>(null);
    const [levels, setLevels] = useState<readonly number[]>([]);
    const [ms, setMs] = useState(0);
    const [denied, setDenied] = useState(false);
    useEffect(() => {
        let here = true;
        const own = new Recorder((level, elapsedMs) => {
            setLevels((before) => [...before.slice(-80), level]);
            setMs(elapsedMs);
        });
        own.start().then(
            () => {
                if (here) recorder.current = own;
                else own.cancel();
            },
            () => {
                if (here) setDenied(true);
            },
        );
        return () => {
            here = false;
            own.cancel();
        };
    }, []);
    const finish = async () => {
        const recorded: Recorded | null = (await recorder.current?.finish()) ?? null;
        if (!recorded) {
            onCancel();
            return;
        }
        const name = `${t("body.voice")}.${recorded.extension}`;
        onDone(new File([recorded.blob], name, { type: recorded.blob.type }), recorded);
    };
    if (denied) {
        return (
            <Banner tone="warning" dismissLabel={t("common.close")} onDismiss={onCancel}>
                {t("voice.denied")}
            </Banner>
        );
    }
    return (
        <div className={styles.voice} role="group" aria-label={t("composer.voice")}>
            <IconButton icon="trash" label={t("voice.cancel")} onClick={onCancel} />
            <span className={styles.dot} aria-hidden="true" />
            <span className={styles.time} role="timer">
                {format.duration(Math.floor(ms / 1000))}
            </span>
            <div className={styles.wave} aria-hidden="true">
                {levels.map((level, index) => (
                    <i key={index} style={{ height: `${Math.max(8, Math.round(level * 100))}%` }} />
                ))}
            </div>
            <IconButton icon="send" variant="primary" label={t("voice.send")} onClick={() => void finish()} />
        </div>
    );
}
