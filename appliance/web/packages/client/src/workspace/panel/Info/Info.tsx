/** What a room is: protection, notifications, settings. */
import { Badge, Banner, Button, Icon, RadioGroup, Switch } from "@veche/kit";
import { type NotificationMode, type RoomDetails, audienceOf } from "@veche/protocol/engine";
import { useState } from "react";
import { useEngine, useRouter, useStore, useT } from "../../../app/context";
import { type Task, useTask } from "../../../app/use_task";
import { PersonAvatar, RoomAvatar } from "../../Avatars/Avatars";
import { MODES } from "../../RoomList/RoomMenu";
import { linkified } from "../../message/Html/linkify";
import { useUi } from "../../ui/ui_store";
import { PanelFrame } from "../PanelView/PanelView";
import { EditRoom } from "./EditRoom";
import styles from "./Info.module.css";

export function Info({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const room = useStore(useEngine().room(roomId));
    const task = useTask();
    const [editing, setEditing] = useState(false);
    return (
        <PanelFrame title={t("panel.info")}>
            <div className={styles.info}>
                {editing ? <EditRoom room={room} onDone={() => { setEditing(false); }} /> : <About room={room} onEdit={() => { setEditing(true); }} />}
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                <Protection room={room} task={task} />
                <Ways room={room} />
                <Notifications room={room} task={task} />
                <Sorting room={room} task={task} />
                <Foot room={room} />
            </div>
        </PanelFrame>
    );
}

interface Props {
    readonly room: RoomDetails;
    readonly task: Task;
}

function About({ room, onEdit }: { readonly room: RoomDetails; readonly onEdit: () => void }) {
    const t = useT();
    const direct = room.kind === "direct";
    const may = room.can.name || room.can.topic || room.can.avatar;
    return (
        <section className={styles.about}>
            {direct ? (
                <PersonAvatar id={room.seed} name={room.name} picture={room.avatar} size={80} presence={room.presence} />
            ) : (
                <RoomAvatar id={room.seed} name={room.name} picture={room.avatar} size={80} />
            )}
            <h3 className={styles.name}>{room.name}</h3>
            {room.topic !== null && <p className={styles.topic}>{linkified(room.topic)}</p>}
            {may && !direct && (
                <Button size="small" icon="edit" onClick={onEdit}>
                    {t("info.edit")}
                </Button>
            )}
        </section>
    );
}

/** Who can read what is written here. */
function Protection({ room, task }: Props) {
    const t = useT();
    const { actions } = useEngine();
    const [sure, setSure] = useState(false);
    const icon = room.encrypted ? "lock" : room.joinRule === "public" ? "globe" : "lock-open";
    const text = room.encrypted ? t("info.encrypted") : room.joinRule === "public" ? t("info.open") : t("info.plain");
    return (
        <section className={styles.section}>
            <h3 className={styles.heading}>{t("info.protection")}</h3>
            <p className={styles.protection} data-encrypted={room.encrypted || undefined}>
                <Icon name={icon} size={20} />
                <span>{text}</span>
            </p>
            <WhoReads roomId={room.id} />
            <p className={styles.hint}>{t(`info.readers.${room.readers}`)}</p>
            {!room.encrypted && room.can.encrypt && room.joinRule !== "public" && !sure && (
                <Button size="small" icon="lock" onClick={() => { setSure(true); }}>
                    {t("info.encrypt")}
                </Button>
            )}
            {sure && !room.encrypted && (
                <Banner
                    tone="warning"
                    action={
                        <Button size="small" variant="primary" busy={task.busy} onClick={() => void task.run(() => actions.encrypt(room.id))}>
                            {t("info.encryptSure")}
                        </Button>
                    }
                >
                    {t("info.encryptWarning")}
                </Banner>
            )}
        </section>
    );
}

/** Everybody whose device can read what is written now. */
function WhoReads({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const { phase, members } = useStore(useEngine().members(roomId));
    if (phase !== "ready") return null;
    const { people, external, bots } = audienceOf(members);
    return (
        <ul className={styles.badges} aria-label={t("info.audience")}>
            <li>
                <Badge icon="users">{t("info.audiencePeople", { count: people })}</Badge>
            </li>
            {external > 0 && (
                <li>
                    <Badge tone="warning" icon="globe">{t("info.audienceExternal", { count: external })}</Badge>
                </li>
            )}
            {bots > 0 && (
                <li>
                    <Badge tone="warning" icon="bot">{t("info.audienceBots", { count: bots })}</Badge>
                </li>
            )}
        </ul>
    );
}

function Ways({ room }: { readonly room: RoomDetails }) {
    const t = useT();
    const ui = useUi();
    const router = useRouter();
    const hasCalls = useStore(useEngine().calls.available);
    const { userId } = room;
    return (
        <section className={styles.ways}>
            {userId !== null && (
                <Button variant="ghost" block icon="user" onClick={() => { router.panel({ kind: "person", userId }); }}>
                    {t("info.profile")}
                </Button>
            )}
            <Button variant="ghost" block icon="users" onClick={() => { router.panel({ kind: "members" }); }}>
                {t("info.members", { count: room.joined })}
            </Button>
            <Button variant="ghost" block icon="pin" onClick={() => { router.panel({ kind: "pinned" }); }}>
                {t("info.pinned", { count: room.pinned.length })}
            </Button>
            <Button variant="ghost" block icon="thread" onClick={() => { router.panel({ kind: "threads" }); }}>
                {t("panel.threads")}
            </Button>
            {room.can.invite && room.kind !== "direct" && (
                <Button variant="ghost" block icon="user-add" onClick={() => { ui.open({ kind: "invite", roomId: room.id }); }}>
                    {t("panel.invite")}
                </Button>
            )}
            {room.can.invite && room.can.call && hasCalls === true && (
                <Button variant="ghost" block icon="link" onClick={() => { ui.open({ kind: "guests", roomId: room.id }); }}>
                    {t("guests.invite")}
                </Button>
            )}
        </section>
    );
}

function Notifications({ room, task }: Props) {
    const t = useT();
    const { actions } = useEngine();
    return (
        <section className={styles.section}>
            <RadioGroup
                label={t("menu.notifications")}
                value={room.mode}
                onChange={(mode) => void task.run(() => actions.setMode(room.id, mode as NotificationMode))}
                options={MODES.map((mode) => ({ value: mode, label: t(`mode.${mode}`), hint: t(`mode.${mode}Hint`) }))}
            />
        </section>
    );
}

function Sorting({ room, task }: Props) {
    const t = useT();
    const { actions } = useEngine();
    return (
        <section className={styles.section}>
            <Switch
                label={t("menu.favourite")}
                checked={room.favourite}
                onChange={(on) => void task.run(() => actions.setTag(room.id, "m.favourite", on))}
            />
            <Switch
                label={t("menu.lowPriority")}
                checked={room.lowPriority}
                onChange={(on) => void task.run(() => actions.setTag(room.id, "m.lowpriority", on))}
            />
        </section>
    );
}

function Foot({ room }: { readonly room: RoomDetails }) {
    const t = useT();
    const ui = useUi();
    const { actions } = useEngine();
    return (
        <section className={styles.ways}>
            <Button variant="ghost" block icon="link" onClick={() => void navigator.clipboard.writeText(actions.link(room.id, null))}>
                {t("menu.copyRoomLink")}
            </Button>
            <Button variant="ghost" block icon="logout" className={styles.leave} onClick={() => { ui.open({ kind: "leave", roomId: room.id }); }}>
                {room.kind === "direct" ? t("info.leaveDirect") : t("info.leave")}
            </Button>
        </section>
    );
}
