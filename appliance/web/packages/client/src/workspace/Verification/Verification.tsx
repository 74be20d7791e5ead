/** Verifying by a code or by emoji, from the question to the answer. In front of everything, because the other side is waiting. */
import { Banner, Button, Dialog, QrCode, Spinner } from "@veche/kit";
import type { VerificationState } from "@veche/protocol/engine";
import { type ReactNode, Suspense, lazy, useState } from "react";
import { useEngine, useI18n, useStore, useT } from "../../app/context";
import { problemText } from "../../app/problems";
import { emojiName } from "./emoji_names";
import styles from "./Verification.module.css";

/** Reading codes is 130 kB that few need, and those once. */
const Scan = lazy(() => import("./Scan"));

export function Verification() {
    const t = useT();
    const { verification } = useEngine();
    const state = useStore(verification);
    if (state.phase === "none") return null;
    const close = () => void verification.dismiss();
    return (
        <Dialog open onClose={close} title={titleOf(t, state)} closeLabel={t("common.close")} actions={<Actions state={state} />}>
            <Content state={state} />
        </Dialog>
    );
}

type State = Exclude<VerificationState, { phase: "none" }>;

function titleOf(t: ReturnType<typeof useT>, state: State): string {
    if (state.phase === "done") return t("verify.doneTitle");
    if (state.phase === "ended") return t("verify.endedTitle");
    return state.self ? t("verify.selfTitle") : t("verify.personTitle", { name: state.name });
}

function Content({ state }: { readonly state: State }) {
    const t = useT();
    switch (state.phase) {
        case "asked":
            return <p>{state.self ? t("verify.askedSelf", { device: state.deviceId ?? "" }) : t("verify.askedPerson", { name: `${state.name} (${state.userId})` })}</p>;
        case "waiting":
            return <Waiting text={state.self ? t("verify.waitingSelf") : t("verify.waitingPerson")} />;
        case "starting":
            return <Waiting text={t("verify.starting")} />;
        case "choosing":
            return <Choice state={state} />;
        case "scanned":
            return <p>{state.self ? t("verify.scannedSelf") : t("verify.scannedPerson", { name: state.name })}</p>;
        case "comparing":
            return <Emoji state={state} />;
        case "confirming":
            return <Waiting text={t("verify.confirming")} />;
        case "done":
            return <Banner tone="success">{state.self ? t("verify.doneSelf") : t("verify.donePerson", { name: state.name })}</Banner>;
        case "ended":
            return <Banner tone={state.why === "elsewhere" ? "info" : "warning"}>{state.problem === null ? t(`verify.ended.${state.why}`) : problemText(t, state.problem)}</Banner>;
    }
}

function Waiting({ text }: { readonly text: string }): ReactNode {
    return (
        <div className={styles.waiting}>
            <Spinner label={text} />
            <p>{text}</p>
        </div>
    );
}

/** The code for the other side's camera, or one's own camera for its code. */
function Choice({ state }: { readonly state: Extract<State, { phase: "choosing" }> }) {
    const t = useT();
    const [scanning, setScanning] = useState(false);
    if (scanning || state.code === null) {
        return (
            <>
                {scanning && (
                    <Suspense fallback={<Waiting text={t("common.loading")} />}>
                        <Scan />
                    </Suspense>
                )}
                {!scanning && <p>{t("verify.scanOrEmoji")}</p>}
                {!scanning && state.mayScan && <ScanButton onClick={() => { setScanning(true); }} />}
            </>
        );
    }
    return (
        <div className={styles.compare}>
            <p>{state.self ? t("verify.showSelf") : t("verify.showPerson")}</p>
            <div className={styles.code}>
                <QrCode value={state.code} label={t("verify.code")} />
            </div>
            {state.mayScan && <ScanButton onClick={() => { setScanning(true); }} />}
        </div>
    );
}

function ScanButton({ onClick }: { readonly onClick: () => void }) {
    const t = useT();
    // Without a camera there is nothing to scan with.
    if (!("mediaDevices" in navigator)) return null;
    return (
        <Button icon="camera" onClick={onClick}>
            {t("verify.scan")}
        </Button>
    );
}

function Emoji({ state }: { readonly state: Extract<State, { phase: "comparing" }> }) {
    const { t, language } = useI18n();
    return (
        <div className={styles.compare}>
            <p>{state.self ? t("verify.compareSelf") : t("verify.comparePerson")}</p>
            <ol className={styles.emoji}>
                {state.emoji.map(({ emoji, name }, index) => (
                    <li key={index}>
                        <span className={styles.shape} aria-hidden="true">
                            {emoji}
                        </span>
                        <span className={styles.name}>{emojiName(name, language)}</span>
                    </li>
                ))}
            </ol>
        </div>
    );
}

function Actions({ state }: { readonly state: State }) {
    const t = useT();
    const { verification } = useEngine();
    const dismiss = () => void verification.dismiss();
    switch (state.phase) {
        case "asked":
            return (
                <>
                    <Button variant="ghost" onClick={dismiss}>
                        {t("verify.decline")}
                    </Button>
                    <Button variant="primary" onClick={() => void verification.accept()} autoFocus>
                        {t("verify.accept")}
                    </Button>
                </>
            );
        case "choosing":
            return (
                <>
                    <Button variant="ghost" onClick={dismiss}>
                        {t("common.cancel")}
                    </Button>
                    <Button variant="primary" onClick={() => void verification.compareEmoji()}>
                        {t("verify.emoji")}
                    </Button>
                </>
            );
        case "scanned":
            return (
                <>
                    <Button variant="danger" onClick={() => { verification.mismatch(); }}>
                        {t("verify.notScanned")}
                    </Button>
                    <Button variant="primary" onClick={() => void verification.confirm()}>
                        {t("verify.reallyScanned")}
                    </Button>
                </>
            );
        case "comparing":
            return (
                <>
                    <Button variant="danger" onClick={() => { verification.mismatch(); }}>
                        {t("verify.differ")}
                    </Button>
                    <Button variant="primary" onClick={() => void verification.confirm()}>
                        {t("verify.match")}
                    </Button>
                </>
            );
        case "waiting":
        case "starting":
        case "confirming":
            return (
                <Button variant="ghost" onClick={dismiss}>
                    {t("common.cancel")}
                </Button>
            );
        case "done":
        case "ended":
            return (
                <Button variant="primary" onClick={dismiss} autoFocus>
                    {t("common.close")}
                </Button>
            );
    }
}
