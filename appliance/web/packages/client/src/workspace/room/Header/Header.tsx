/** The line above a room: what it is, how it is protected, and the ways to what stands beside it. */
import { Icon, IconButton, Tooltip, VisuallyHidden } from "@veche/kit";
import type { RoomDetails } from "@veche/protocol/engine";
import { useI18n, useRouter, useT } from "../../../app/context";
import type { Panel } from "../../../app/router";
import { PersonAvatar, RoomAvatar } from "../../Avatars/Avatars";
import { CallButtons } from "../../calls/CallButtons";
import { useUi } from "../../ui/ui_store";
import styles from "./Header.module.css";

export function Header({ room, panel }: { readonly room: RoomDetails; readonly panel: Panel | null }) {
    const t = useT();
    const router = useRouter();
    const ui = useUi();
    const toggle = (kind: "info" | "members" | "threads" | "pinned") => () => {
        router.panel(panel?.kind === kind ? null : { kind });
    };
    return (
        <div className={styles.header}>
            <span className={styles.back}>
                <IconButton icon="arrow-left" label={t("room.back")} tooltip={false} onClick={() => { router.go({ page: "home" }); }} />
            </span>
            <VisuallyHidden as="h1">{room.name}</VisuallyHidden>
            <button type="button" className={styles.title} onClick={toggle("info")} title={t("panel.info")}>
                {room.kind === "direct" ? (
                    <PersonAvatar id={room.seed} name={room.name} picture={room.avatar} size={32} presence={room.presence} />
                ) : (
                    <RoomAvatar id={room.seed} name={room.name} picture={room.avatar} size={32} />
                )}
                <span className={styles.words}>
                    <span className={styles.first}>
                        <span className={styles.name}>{room.name}</span>
                        <Protection room={room} />
                    </span>
                    <Subtitle room={room} />
                </span>
            </button>
            <div className={styles.actions}>
                <CallButtons room={room} />
                <IconButton icon="search" label={t("search.inRoom")} onClick={() => { ui.open({ kind: "search", roomId: room.id }); }} />
                {room.pinned.length > 0 && (
                    <span className={styles.wide}>
                        <IconButton icon="pin" label={t("panel.pinned")} pressed={panel?.kind === "pinned"} onClick={toggle("pinned")} />
                    </span>
                )}
                <IconButton
                    icon="thread"
                    label={room.unreadThreads > 0 ? t("panel.threadsUnread", { count: room.unreadThreads }) : t("panel.threads")}
                    pressed={panel?.kind === "threads"}
                    dot={room.unreadThreads > 0}
                    onClick={toggle("threads")}
                />
                {room.kind !== "direct" && (
                    <span className={styles.wide}>
                        <IconButton icon="users" label={t("panel.members")} pressed={panel?.kind === "members"} onClick={toggle("members")} />
                    </span>
                )}
                <IconButton icon="info" label={t("panel.info")} pressed={panel?.kind === "info"} onClick={toggle("info")} />
            </div>
        </div>
    );
}

/** How the room is protected, in one sign; the panel says it in words. */
function Protection({ room }: { readonly room: RoomDetails }) {
    const t = useT();
    const [icon, text] = room.encrypted
        ? (["lock", t("protection.encrypted")] as const)
        : room.joinRule === "public"
          ? (["globe", t("protection.open")] as const)
          : (["lock-open", t("protection.plain")] as const);
    return (
        <Tooltip text={text}>
            <span className={styles.protection} data-encrypted={room.encrypted || undefined}>
                <Icon name={icon} size={16} label={text} />
            </span>
        </Tooltip>
    );
}

function Subtitle({ room }: { readonly room: RoomDetails }) {
    const { t, format } = useI18n();
    const count = t("room.members", { count: room.joined });
    if (room.kind === "direct") {
        if (room.presence === "online") return <span className={styles.subtitle}>{t("presence.online")}</span>;
        if (room.lastActiveTs !== null) return <span className={styles.subtitle}>{t("presence.seen", { time: format.relative(room.lastActiveTs) })}</span>;
        return room.userId === null ? null : <span className={styles.subtitle}>{room.userId}</span>;
    }
    return <span className={styles.subtitle}>{room.topic === null ? count : `${count} · ${room.topic}`}</span>;
}
