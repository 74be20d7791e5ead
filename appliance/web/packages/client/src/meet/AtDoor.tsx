/** Before a meeting: a name, the PIN if there is one, and how one looks and sounds. */
import { Banner, Button, TextField } from "@veche/kit";
import type { Visit, VisitState } from "@veche/protocol";
import type { Engine } from "@veche/protocol/engine";
import { type SubmitEvent, useState } from "react";
import { useT } from "../app/context";
import { problemText } from "../app/problems";
import form from "../entry/form.module.css";
import { DeviceSelects } from "../workspace/calls/pane/DeviceSelects";
import { PreviewBox, useDevicePreview } from "../workspace/calls/pane/Preview";
import { deviceText } from "../workspace/calls/pane/texts";
import { MeetFrame } from "./MeetFrame";
import { endText } from "./end_words";
import styles from "./meet.module.css";

const NAME_CHARS_MAX = 60;
const PIN_DIGITS_MAX = 12;

interface Props {
    readonly visit: Visit<Engine>;
    readonly state: Extract<VisitState<Engine>, { phase: "door" }>;
}

export function AtDoor({ visit, state: { invitation, busy, problem, retryAfterMs } }: Props) {
    const t = useT();
    const preview = useDevicePreview("video");
    const [name, setName] = useState("");
    const [pin, setPin] = useState("");
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        void visit.enter(name.trim(), invitation.pin ? pin.trim() : null);
    };
    const complete = name.trim() !== "" && (!invitation.pin || pin.trim() !== "");
    const why = problem === null ? null : problem === "tooManyRequests" ? problemText(t, problem, retryAfterMs) : endText(t, problem);
    return (
        <MeetFrame title={invitation.title} organisation={invitation.organisation}>
            <form className={form.form} onSubmit={submit}>
                <TextField label={t("meet.name")} hint={t("meet.nameHint")} value={name} onChange={setName} autoComplete="name" maxLength={NAME_CHARS_MAX} required autoFocus size="large" />
                {invitation.pin && (
                    <TextField label={t("meet.pin")} hint={t("meet.pinHint")} value={pin} onChange={setPin} inputMode="numeric" autoComplete="off" maxLength={PIN_DIGITS_MAX} required size="large" />
                )}
                <div className={styles.preview}>
                    <PreviewBox preview={preview} intent="video" seed={name} />
                </div>
                {preview.problems.map((device) => (
                    <Banner key={device.device} tone="warning">
                        {deviceText(t, device)}
                    </Banner>
                ))}
                <details className={styles.more}>
                    <summary>{t("call.devices")}</summary>
                    <DeviceSelects blur={preview.blur} />
                </details>
                {/* Where whoever has just pressed the button looks. */}
                {why !== null && <Banner tone="danger">{why}</Banner>}
                <div className={form.actions}>
                    <Button type="submit" variant="primary" size="large" block icon="video" busy={busy} disabled={!complete}>
                        {invitation.lobby ? t("meet.ask") : t("call.join")}
                    </Button>
                    <p className={form.aside}>{t("meet.aside")}</p>
                    <p className={form.aside}>
                        {t("meet.haveAccount")} <a href="/">{t("meet.open")}</a>
                    </p>
                </div>
            </form>
        </MeetFrame>
    );
}
