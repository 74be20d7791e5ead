/** The card of a person: who they are, and what I can do with them here. */
import { Badge, Banner, Button, CopyField, Icon, Select, Spinner } from "@veche/kit";
import { LEVELS, type Member, type Profile, type Role } from "@veche/protocol/engine";
import { useEffect, useState } from "react";
import { useEngine, useI18n, useRouter, useStore, useT } from "../../../app/context";
import { useNow } from "../../../app/use_now";
import { type Task, useTask } from "../../../app/use_task";
import { PersonAvatar, RoomAvatar } from "../../Avatars/Avatars";
import { PanelFrame } from "../PanelView/PanelView";
import styles from "./Person.module.css";

export function Person({ roomId, userId }: { readonly roomId: string; readonly userId: string }) {
    const t = useT();
    const engine = useEngine();
    const [profile, setProfile] = useState<Profile | null>(null);
    const [turn, setTurn] = useState(0);
    // Being verified changes what the card says.
    const verified = useStore(engine.verification).phase === "done";
    useEffect(() => {
        let here = true;
        void engine.people.profile(userId).then((found) => {
            if (here) setProfile(found);
        });
        return () => {
            here = false;
        };
    }, [engine, userId, turn, verified]);
    const member = useStore(engine.members(roomId)).members.find((known) => known.id === userId);
    const again = () => { setTurn((before) => before + 1); };
    return (
        <PanelFrame title={t("person.title")}>
            {profile ? <Card profile={profile} member={member} roomId={roomId} onChange={again} /> : <div className={styles.loading}><Spinner label={t("common.loading")} /></div>}
        </PanelFrame>
    );
}

interface CardProps {
    readonly profile: Profile;
    readonly member: Member | undefined;
    readonly roomId: string;
    readonly onChange: () => void;
}

function Card(props: CardProps) {
    const { profile, member } = props;
    const { t, format } = useI18n();
    const { me, domain } = useEngine();
    const task = useTask();
    const self = profile.id === me;
    const name = member?.name ?? profile.name;
    return (
        <div className={styles.card}>
            <PersonAvatar id={profile.id} name={name} picture={profile.avatar} size={120} presence={profile.presence} />
            <h3 className={styles.name}>{name}</h3>
            <div className={styles.badges}>
                {!profile.id.endsWith(`:${domain}`) && <Badge tone="warning">{t("members.external")}</Badge>}
                {member?.bot === true && <Badge>{t("members.bot")}</Badge>}
                {member && member.role !== "member" && <Badge tone="accent">{t(`role.${member.role}`)}</Badge>}
                {profile.verified === true && <Badge tone="success" icon="shield-check">{t("person.verified")}</Badge>}
            </div>
            {profile.status !== null && <p className={styles.status}>{profile.status}</p>}
            <p className={styles.seen}>
                {profile.presence === "online"
                    ? t("presence.online")
                    : profile.lastActiveTs !== null
                      ? t("presence.seen", { time: format.relative(profile.lastActiveTs) })
                      : null}
            </p>
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            {!self && <Actions {...props} task={task} />}
            <div className={styles.fields}>
                <CopyField label={t("person.id")} value={profile.id} copyLabel={t("common.copy")} copiedLabel={t("common.copied")} />
                {profile.timeZone !== null && <TimeThere timeZone={profile.timeZone} />}
            </div>
            {member && <Rights {...props} member={member} task={task} />}
            {!self && <Shared profile={profile} />}
        </div>
    );
}

function Actions({ profile, onChange, task }: CardProps & { readonly task: Task }) {
    const t = useT();
    const router = useRouter();
    const engine = useEngine();
    const write = () =>
        task.run(async () => {
            router.room(await engine.actions.direct(profile.id));
        });
    const verify = () =>
        task.run(async () => {
            const roomId = await engine.actions.direct(profile.id);
            await engine.verification.askPerson(profile.id, roomId);
        });
    return (
        <div className={styles.actions}>
            <Button variant="primary" icon="chat" busy={task.busy} onClick={() => void write()}>
                {t("person.write")}
            </Button>
            {profile.verified === false && (
                <Button icon="shield" onClick={() => void verify()}>
                    {t("person.verify")}
                </Button>
            )}
            <Button
                icon={profile.ignored ? "eye" : "eye-off"}
                onClick={() => void task.run(() => engine.people.ignore(profile.id, !profile.ignored)).then(onChange)}
            >
                {profile.ignored ? t("person.unignore") : t("person.ignore")}
            </Button>
        </div>
    );
}

function TimeThere({ timeZone }: { readonly timeZone: string }) {
    const { t, format } = useI18n();
    const now = useNow();
    let time: string;
    try {
        time = format.time(now, timeZone);
    } catch {
        // A zone that this browser does not know: nothing to say.
        return null;
    }
    return (
        <p className={styles.time}>
            <Icon name="clock" size={16} /> {t("person.localTime", { time })}
        </p>
    );
}

const SETTABLE: readonly Exclude<Role, "owner">[] = ["admin", "moderator", "member", "muted"];

/** Role and membership in this room, as far as I may change them. */
function Rights({ member, roomId, task }: CardProps & { readonly member: Member; readonly task: Task }) {
    const t = useT();
    const { actions } = useEngine();
    const room = useStore(useEngine().room(roomId));
    const below = member.level < room.myLevel || member.me;
    const may = room.can.powers && below && member.role !== "owner";
    const options = SETTABLE.filter((role) => LEVELS[role] <= room.myLevel).map((role) => ({ value: role, label: t(`role.${role}`) }));
    const set = (role: string) => void task.run(() => actions.setLevel(roomId, member.id, LEVELS[role as Exclude<Role, "owner">]));
    const kickable = !member.me && member.level < room.myLevel;
    return (
        <section className={styles.rights}>
            <h4 className={styles.heading}>{t("person.inRoom", { name: room.name })}</h4>
            {may && <Select label={t("person.role")} value={member.role} onChange={set} options={options} />}
            {room.can.kick && kickable && member.membership !== "ban" && (
                <Button icon="user-remove" variant="ghost" onClick={() => void task.run(() => actions.kick(roomId, member.id))}>
                    {member.membership === "invite" ? t("person.withdraw") : t("person.kick")}
                </Button>
            )}
            {room.can.ban && kickable && member.membership !== "ban" && (
                <Button icon="lock" variant="ghost" onClick={() => void task.run(() => actions.ban(roomId, member.id))}>
                    {t("person.ban")}
                </Button>
            )}
            {room.can.ban && member.membership === "ban" && (
                <Button icon="lock-open" variant="ghost" onClick={() => void task.run(() => actions.unban(roomId, member.id))}>
                    {t("person.unban")}
                </Button>
            )}
        </section>
    );
}

function Shared({ profile }: { readonly profile: Profile }) {
    const t = useT();
    const router = useRouter();
    const { byId } = useStore(useEngine().rooms);
    // The conversation with them is behind the button above.
    const rooms = profile.shared.map((id) => byId.get(id)).filter((room) => room !== undefined).filter((room) => room.kind === "room");
    if (rooms.length === 0) return null;
    return (
        <section className={styles.rights}>
            <h4 className={styles.heading}>{t("person.shared", { count: rooms.length })}</h4>
            <ul className={styles.rooms}>
                {rooms.map((room) => (
                    <li key={room.id}>
                        <button type="button" className={styles.room} onClick={() => { router.room(room.id); }}>
                            <RoomAvatar id={room.seed} name={room.name} picture={room.avatar} size={24} />
                            <span className={styles.roomName}>{room.name}</span>
                        </button>
                    </li>
                ))}
            </ul>
        </section>
    );
}
