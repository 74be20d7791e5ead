/** The page that a link for guests opens: who invites, a name, the door, and then the call. */
import { Banner, Button, EmptyState, Spinner } from "@veche/kit";
import { Door, Visit, type VisitEnd, type VisitState } from "@veche/protocol";
import type { Engine } from "@veche/protocol/engine";
import { useEffect, useMemo } from "react";
import { loadEngine } from "../app/code";
import { useI18n, useServices, useStore, useT } from "../app/context";
import { Unsupported } from "../entry/Unsupported/Unsupported";
import { AtDoor } from "./AtDoor";
import { GuestRoom } from "./GuestRoom";
import { endText, endTitle } from "./end_words";
import { MeetFrame } from "./MeetFrame";
import styles from "./meet.module.css";

/** The end of the link stays in this page: what it opens is told to nobody else. */
export default function MeetPage({ token }: { readonly token: string }) {
    const t = useT();
    const visit = useVisit(token);
    const state = useStore(visit);
    switch (state.phase) {
        case "looking":
            return (
                <MeetFrame title={t("meet.looking")}>
                    <Spinner label={t("common.loading")} />
                </MeetFrame>
            );
        case "unsupported":
            return <Unsupported missing={state.missing} />;
        case "door":
            return <AtDoor visit={visit} state={state} />;
        case "waiting":
        case "entering":
            return <Waiting visit={visit} state={state} />;
        case "in":
            return <GuestRoom engine={state.engine} roomId={state.roomId} onLeave={() => void visit.leave()} />;
        case "over":
            return <Over why={state.why} title={state.invitation?.title ?? null} onAgain={() => void visit.look()} />;
    }
}

function useVisit(token: string): Visit<Engine> {
    const { settings } = useServices();
    const { t, format } = useI18n();
    const visit = useMemo(
        () =>
            new Visit<Engine>(token, {
                door: new Door(location.origin),
                startEngine: async (session, keeper, ended) => {
                    const { startEngine } = await loadEngine();
                    const hooks = { onStep: () => undefined, onEnded: ended };
                    const roomNames = {
                        empty: () => t("room.empty"),
                        people: (names: readonly string[], others: number) =>
                            others > 0 ? t("room.people", { names: names.join(", "), count: others }) : format.list(names),
                    };
                    return startEngine(session, keeper, hooks, { settings, list: null, roomNames });
                },
            }),
        // Another language does not begin the visit anew.
        // eslint-disable-next-line react-hooks/exhaustive-deps
        [token, settings],
    );
    useEffect(() => {
        void visit.look();
        const vanish = () => {
            visit.vanish();
        };
        const reappear = ({ persisted }: PageTransitionEvent) => {
            if (persisted) visit.reappear();
        };
        window.addEventListener("pagehide", vanish);
        window.addEventListener("pageshow", reappear);
        return () => {
            window.removeEventListener("pagehide", vanish);
            window.removeEventListener("pageshow", reappear);
            void visit.leave();
        };
    }, [visit]);
    return visit;
}

interface WaitingProps {
    readonly visit: Visit<Engine>;
    readonly state: Extract<VisitState<Engine>, { phase: "waiting" | "entering" }>;
}

function Waiting({ visit, state: { phase, invitation } }: WaitingProps) {
    const t = useT();
    const waits = phase === "waiting" && invitation.lobby;
    return (
        <MeetFrame title={invitation.title} organisation={invitation.organisation}>
            <div className={styles.stack} role="status">
                <Spinner size="large" label={waits ? t("meet.waiting") : t("meet.entering")} />
                <p className={styles.big}>{waits ? t("meet.waiting") : t("meet.entering")}</p>
                {waits && <p className={styles.muted}>{t("meet.waitingText")}</p>}
            </div>
            {phase === "waiting" && (
                <Button block onClick={() => { visit.stopWaiting(); }}>
                    {t("common.cancel")}
                </Button>
            )}
        </MeetFrame>
    );
}

interface OverProps {
    readonly why: VisitEnd;
    readonly title: string | null;
    readonly onAgain: () => void;
}

/** What does not get better by trying again. */
const FINAL: readonly VisitEnd[] = ["unknown", "expired", "ended"];

function Over({ why, title, onAgain }: OverProps) {
    const t = useT();
    return (
        <MeetFrame title={title ?? t("meet.title")}>
            <EmptyState
                icon={why === "left" ? "check-circle" : "call-end"}
                level={2}
                title={endTitle(t, why)}
                text={endText(t, why)}
                action={!FINAL.includes(why) && <Button variant="primary" onClick={onAgain}>{why === "left" ? t("meet.again") : t("common.retry")}</Button>}
            />
            {why === "left" && <Banner>{t("meet.forgotten")}</Banner>}
        </MeetFrame>
    );
}
