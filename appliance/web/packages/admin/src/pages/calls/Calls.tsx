/** Calls that go on now: who is in them, by which way and how well; an administrator may end them. */
import { Badge, Button, type Column, EmptyState, Table, type Tone } from "@veche/kit";
import { useEffect, useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useI18n, useLoaded, useT } from "../../app/context";
import { useToldTask } from "../../app/use_task";
import { Resource } from "../../base/resource";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { Card, Page, Shown } from "../../ui/Page";
import { Person } from "../../ui/Person";
import { When } from "../../ui/When";
import { nameOf } from "../../ui/name_of";
import { roomName } from "../rooms/RoomName";
import styles from "./Calls.module.css";
import { NOTHING, type Quality, latencyText, lossText, qualityOf, rateText, stepsOf, stepsText } from "./call_words";

type Call = Schemas["Call"];
type Participant = Schemas["CallParticipant"];
type RefusedJoin = Schemas["CallRefused"];

/** While somebody looks at it, it is asked for this often. */
const REFRESH_MS = 5_000;

export function Calls() {
    const t = useT();
    const api = useApi();
    const calls = useLoaded(() => new Resource((signal) => api.get("/api/admin/v1/calls", { signal })));
    useEffect(() => {
        const timer = setInterval(() => {
            if (document.visibilityState === "visible") void calls.load();
        }, REFRESH_MS);
        return () => {
            clearInterval(timer);
        };
    }, [calls]);
    const reload = () => void calls.load();
    return (
        <Page wide title={t("page.calls")} text={t("calls.text")} actions={<Button icon="refresh" onClick={reload}>{t("calls.refresh")}</Button>}>
            <Shown of={calls} lines={8}>
                {(value) =>
                    value.calls.length === 0 ? (
                        <>
                            <EmptyState icon="call" title={t("calls.none")} text={t(value.open ? "calls.noneText" : "calls.offText")} level={2} />
                            {value.open && <Refused refused={value.refused} />}
                        </>
                    ) : (
                        <>
                            {value.calls.map((call) => (
                                <LiveCall key={call.call} call={call} reload={reload} />
                            ))}
                            <Refused refused={value.refused} />
                        </>
                    )
                }
            </Shown>
        </Page>
    );
}

/** Why somebody does not come into a call though he may, and what helps; and who did not since the server started. */
function Refused({ refused: { full, busy, latest } }: { readonly refused: Schemas["CallsRefused"] }) {
    const t = useT();
    const columns: readonly Column<RefusedJoin>[] = [
        { id: "name", label: t("people.name"), bare: true, breaks: true, phone: "lead", cell: ({ user_id: userId, display_name: name }) => <Person userId={userId} displayName={name} /> },
        { id: "room", label: t("calls.refusedRoom"), breaks: true, phone: "line", cell: (row) => nameOfCall(t, row) },
        { id: "why", label: t("calls.refusedWhy"), phone: "line", cell: ({ why }) => t(`calls.refused.${why}`) },
        { id: "when", label: t("calls.refusedWhen"), narrow: true, phone: "aside", cell: ({ at_ms: ms }) => <When ms={ms} /> },
    ];
    return (
        <Card
            flush={latest.length > 0}
            title={t("calls.refusedTitle")}
            text={
                <>
                    {t("calls.refusedText")}
                    <span className={styles.refused}>{full + busy === 0 ? t("calls.refusedNobody") : t("calls.refusedCount", { count: full + busy, full, busy })}</span>
                </>
            }
        >
            {latest.length > 0 && <Table<RefusedJoin> label={t("calls.refusedLatest")} columns={columns} rows={latest} rowKey={(row) => `${row.user_id} ${row.room_id} ${row.at_ms}`} />}
        </Card>
    );
}

const nameOfCall = (t: ReturnType<typeof useT>, call: Pick<Call, "room_name" | "room_alias">) => roomName(t, { name: call.room_name, canonical_alias: call.room_alias });

function LiveCall({ call, reload }: { readonly call: Call; readonly reload: () => void }) {
    const t = useT();
    const api = useApi();
    const [asking, setAsking] = useState(false);
    const end = async () => {
        await api.post("/api/admin/v1/calls/end", { body: { call: call.call } });
        reload();
    };
    const columns = useColumns(call, reload);
    const struggling = call.participants.filter((participant) => BAD.includes(qualityOf(participant).level)).length;
    return (
        <Card
            flush
            title={nameOfCall(t, call)}
            text={
                <>
                    {t("calls.people", { count: call.participants.length })} · {t("calls.since")} <When ms={call.since_ms} />
                    {struggling > 0 && <> · {t("calls.struggling", { count: struggling })}</>}
                </>
            }
            actions={<Button variant="danger" onClick={() => { setAsking(true); }}>{t("calls.end")}</Button>}
        >
            <Table<Participant> label={nameOfCall(t, call)} columns={columns} rows={call.participants} rowKey={(participant) => participant.identity} />
            {asking && (
                <ConfirmDialog title={t("calls.endTitle", { name: nameOfCall(t, call) })} confirm={t("calls.end")} onClose={() => { setAsking(false); }} run={end}>
                    <p>{t("calls.endText")}</p>
                </ConfirmDialog>
            )}
        </Card>
    );
}

function useColumns(call: Call, reload: () => void): readonly Column<Participant>[] {
    const { t, format } = useI18n();
    return [
        { id: "name", label: t("people.name"), bare: true, breaks: true, phone: "lead", cell: (participant) => <Name participant={participant} /> },
        { id: "quality", label: t("calls.quality"), narrow: true, phone: "aside", cell: (participant) => <QualityBadge quality={qualityOf(participant)} /> },
        { id: "path", label: t("calls.path"), narrow: true, phone: "line", cell: (participant) => <Path participant={participant} /> },
        { id: "loss", label: t("calls.loss"), narrow: true, align: "end", phone: "line", cell: (participant) => <Lines lines={lossText(t, format, participant)} /> },
        { id: "trip", label: t("calls.roundTrip"), narrow: true, align: "end", phone: "line", cell: (participant) => <Lines lines={latencyText(t, format, participant)} /> },
        { id: "stages", label: t("calls.stages"), narrow: true, phone: "line", cell: (participant) => <Joining stages={participant.stages} /> },
        { id: "remove", label: t("calls.act"), phone: "aside", bare: true, narrow: true, align: "end", cell: (participant) => <Remove call={call} participant={participant} reload={reload} /> },
    ];
}

function Name({ participant }: { readonly participant: Participant }) {
    const t = useT();
    const { user_id: userId, device_id: device } = participant;
    return (
        <div className={styles.who}>
            {userId === null ? <code>{participant.identity}</code> : <Person userId={userId} displayName={participant.display_name} />}
            <span className={styles.device}>
                {userId !== null && device !== null && <><code title={t("calls.device")}>{device}</code> · </>}
                {t("calls.joined")} <When ms={participant.joined_ms} />
            </span>
        </div>
    );
}

function Path({ participant }: { readonly participant: Participant }) {
    const { t, format } = useI18n();
    if (!participant.connected) return <Badge tone="warning">{t("calls.notConnected")}</Badge>;
    return (
        <>
            {participant.path === null ? NOTHING : <Badge tone={participant.path === "direct" ? "success" : "neutral"}>{t(`calls.path.${participant.path}`)}</Badge>}
            <span className={styles.rate}>{rateText(t, format, participant)}</span>
        </>
    );
}

/** What wants an administrator's eye. */
const BAD: readonly Quality["level"][] = ["weak", "away"];

const TONES = { good: "success", fair: "warning", weak: "danger", away: "danger", unknown: "neutral" } as const satisfies Record<Quality["level"], Tone>;

function QualityBadge({ quality }: { readonly quality: Quality }) {
    const t = useT();
    const words = quality.cause === null ? t(`calls.quality.${quality.level}`) : t(`calls.because.${quality.level}`, { cause: t(`calls.cause.${quality.cause}`) });
    return <Badge tone={TONES[quality.level]}>{words}</Badge>;
}

/** How long coming in took, and which part of it was long. */
function Joining({ stages }: { readonly stages: Participant["stages"] }) {
    const { t, format } = useI18n();
    const steps = stepsOf(stages);
    const total = steps.reduce((sum, { ms }) => sum + ms, 0);
    if (steps.length === 0) return NOTHING;
    const words = stepsText(t, format, stages);
    return (
        <div className={styles.joining}>
            <span className={styles.total}><span className={styles.prefix}>{t("calls.stages")} </span>{t("calls.ms", { ms: format.number(total) })}</span>
            <span className={styles.bar} aria-hidden="true">
                {steps.map(({ stage, ms }) => (
                    <span key={stage} className={styles.step} data-stage={stage} style={{ flexGrow: ms }} />
                ))}
            </span>
            <span className={styles.steps}>{words.map((word) => <span key={word} className={styles.word}>{word}</span>)}</span>
        </div>
    );
}

/** Short lines, one under the other. */
function Lines({ lines }: { readonly lines: readonly string[] }) {
    return lines.length === 0 ? NOTHING : lines.map((line) => <span key={line} className={styles.line}>{line}</span>);
}

function Remove({ call, participant, reload }: { readonly call: Call; readonly participant: Participant; readonly reload: () => void }) {
    const t = useT();
    const api = useApi();
    const task = useToldTask();
    const name = participant.user_id === null ? participant.identity : nameOf(participant.user_id, participant.display_name);
    const remove = async () => {
        const body = { call: call.call, identity: participant.identity };
        if (await task.run(() => api.post("/api/admin/v1/calls/remove", { body }), t("calls.removed", { name }))) reload();
    };
    return <Button size="small" busy={task.busy} onClick={() => void remove()}>{t("calls.remove")}</Button>;
}
