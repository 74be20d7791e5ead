/** Links by which people without an account come into a room's call. */
import { Badge, Banner, Button, CopyField, Dialog, Select, Switch, TextField } from "@veche/kit";
import type { Meeting } from "@veche/protocol/engine";
import { useCallback, useEffect, useState } from "react";
import { useEngine, useI18n, useStore, useT } from "../../app/context";
import { type Task, useTask } from "../../app/use_task";
import { useUi } from "../ui/ui_store";
import styles from "./dialogs.module.css";
import own from "./GuestsDialog.module.css";

const HOUR_SECS = 3_600;
const DAY_SECS = 24 * HOUR_SECS;
const LIFETIMES = [HOUR_SECS, 8 * HOUR_SECS, DAY_SECS, 7 * DAY_SECS, 30 * DAY_SECS] as const;
const GUESTS = [1, 5, 10, 25, 50, 100] as const;
const PIN_DIGITS = 6;

function newPin(): string {
    const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
    return String(number % 10 ** PIN_DIGITS).padStart(PIN_DIGITS, "0");
}

export default function GuestsDialog({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const ui = useUi();
    const engine = useEngine();
    const room = useStore(engine.room(roomId));
    const task = useTask();
    const [made, setMade] = useState<{ readonly link: string; readonly pin: string | null } | null>(null);
    const { meetings, look } = useMeetings(roomId, task);
    const [title, setTitle] = useState(room.name);
    const [lifetime, setLifetime] = useState<number>(DAY_SECS);
    const [guests, setGuests] = useState<number>(10);
    const [lobby, setLobby] = useState(true);
    const [pin, setPin] = useState<string | null>(null);
    const make = () =>
        void task.run(async () => {
            const link = await engine.meetings.make(roomId, { title: title.trim(), lifetimeSecs: lifetime, pin, lobby, guestsMax: guests });
            setMade({ link, pin });
            await look();
        });
    return (
        <Dialog
            open
            onClose={ui.close}
            title={t("guests.title", { name: room.name })}
            closeLabel={t("common.close")}
            description={t("guests.text")}
            onSubmit={make}
            actions={
                <>
                    <Button variant="ghost" onClick={ui.close}>
                        {made ? t("common.close") : t("common.cancel")}
                    </Button>
                    {!made && (
                        <Button type="submit" variant="primary" icon="link" busy={task.busy} disabled={title.trim() === ""}>
                            {t("guests.make")}
                        </Button>
                    )}
                </>
            }
        >
            <div className={styles.stack}>
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                {made ? (
                    <Made {...made} />
                ) : (
                    <>
                        <TextField label={t("guests.name")} hint={t("guests.nameHint")} value={title} onChange={setTitle} maxLength={200} required autoFocus />
                        <Lifetime value={lifetime} onChange={setLifetime} />
                        <Select
                            label={t("guests.max")}
                            value={String(guests)}
                            onChange={(value) => { setGuests(Number(value)); }}
                            options={GUESTS.map((count) => ({ value: String(count), label: String(count) }))}
                        />
                        <Switch label={t("guests.lobby")} hint={t("guests.lobbyHint")} checked={lobby} onChange={setLobby} />
                        <Switch label={t("guests.pin")} hint={pin === null ? t("guests.pinHint") : t("guests.pinIs", { pin })} checked={pin !== null} onChange={(on) => { setPin(on ? newPin() : null); }} />
                    </>
                )}
                <Meetings roomId={roomId} meetings={meetings} task={task} onEnded={look} />
            </div>
        </Dialog>
    );
}

function useMeetings(roomId: string, { run }: Task): { readonly meetings: readonly Meeting[]; readonly look: () => Promise<void> } {
    const engine = useEngine();
    const [meetings, setMeetings] = useState<readonly Meeting[]>([]);
    const look = useCallback(async () => {
        setMeetings(await engine.meetings.list(roomId));
    }, [engine, roomId]);
    useEffect(() => {
        void run(look);
    }, [run, look]);
    return { meetings, look };
}

function Lifetime({ value, onChange }: { readonly value: number; readonly onChange: (secs: number) => void }) {
    const t = useT();
    const label = (secs: number) =>
        secs < DAY_SECS ? t("guests.hours", { count: secs / HOUR_SECS }) : t("guests.days", { count: secs / DAY_SECS });
    return (
        <Select
            label={t("guests.lifetime")}
            value={String(value)}
            onChange={(chosen) => { onChange(Number(chosen)); }}
            options={LIFETIMES.map((secs) => ({ value: String(secs), label: label(secs) }))}
        />
    );
}

/** The link is shown this once: the server keeps only what recognizes it. */
function Made({ link, pin }: { readonly link: string; readonly pin: string | null }) {
    const t = useT();
    return (
        <>
            <Banner tone="success">{t("guests.made")}</Banner>
            <CopyField label={t("guests.link")} value={link} copyLabel={t("guests.copyLink")} copiedLabel={t("guests.copied")} multiline />
            {pin !== null && <CopyField label={t("guests.pinLabel")} value={pin} copyLabel={t("guests.copyPin")} copiedLabel={t("guests.copied")} hint={t("guests.pinApart")} />}
        </>
    );
}

interface MeetingsProps {
    readonly roomId: string;
    readonly meetings: readonly Meeting[];
    readonly task: Task;
    readonly onEnded: () => Promise<void>;
}

function Meetings({ roomId, meetings, task, onEnded }: MeetingsProps) {
    const { t, format } = useI18n();
    const engine = useEngine();
    if (meetings.length === 0) return null;
    const end = (id: number) => () =>
        void task.run(async () => {
            await engine.meetings.end(roomId, id);
            await onEnded();
        });
    return (
        <section>
            <h3 className={own.heading}>{t("guests.links")}</h3>
            <ul className={own.list}>
                {meetings.map((meeting) => (
                    <li key={meeting.id} className={own.item}>
                        <span className={own.words}>
                            <span>{meeting.title}</span>
                            <span className={own.until}>{t("guests.until", { time: format.dateTime(meeting.expiresMs) })}</span>
                            <span className={own.badges}>
                                <Badge icon="users">{t("guests.there", { count: meeting.guests, max: meeting.guestsMax })}</Badge>
                                {meeting.lobby && <Badge>{t("guests.withLobby")}</Badge>}
                                {meeting.pin && <Badge icon="key">{t("guests.withPin")}</Badge>}
                            </span>
                        </span>
                        <Button size="small" variant="danger" disabled={task.busy} aria-label={t("guests.endName", { name: meeting.title })} onClick={end(meeting.id)}>
                            {t("guests.end")}
                        </Button>
                    </li>
                ))}
            </ul>
        </section>
    );
}
