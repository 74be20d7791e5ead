/** A room in the list. */
import { CountBadge, Icon, classes } from "@veche/kit";
import type { RoomEntry } from "@veche/protocol/engine";
import { memo, useState } from "react";
import { type T, useI18n, useT } from "../../app/context";
import { write } from "../../app/router";
import { useNow } from "../../app/use_now";
import { PersonAvatar, RoomAvatar } from "../Avatars/Avatars";
import { CallSign } from "../calls/CallSign";
import { bodyLine } from "../message/body_text";
import { useLongPress } from "../ui/use_long_press";
import { RoomMenu } from "./RoomMenu";
import styles from "./RoomRow.module.css";

export const RoomRow = memo(function RoomRow({ room, current }: { readonly room: RoomEntry; readonly current: boolean }) {
    const [menu, setMenu] = useState<{ x: number; y: number } | null>(null);
    const press = useLongPress(setMenu);
    const bold = room.unread > 0 || room.marked;
    return (
        <li className={styles.item}>
            <a
                href={write({ page: "room", roomId: room.id, eventId: null, panel: null })}
                className={styles.row}
                data-room={room.id}
                data-bold={bold || undefined}
                data-muted={room.mode === "mute" || undefined}
                aria-current={current ? "page" : undefined}
                {...press}
            >
                {room.kind === "direct" ? (
                    <PersonAvatar id={room.seed} name={room.name} picture={room.avatar} size={40} presence={room.presence} />
                ) : (
                    <RoomAvatar id={room.seed} name={room.name} picture={room.avatar} size={40} />
                )}
                <span className={styles.words}>
                    <span className={styles.first}>
                        <span className={styles.name}>{room.name}</span>
                        {room.kind !== "direct" && room.open && <OpenSign />}
                        <Time ts={room.ts} />
                    </span>
                    <span className={styles.second}>
                        <PreviewLine room={room} />
                        <Signs room={room} />
                    </span>
                </span>
            </a>
            <RoomMenu room={room} position={menu} onClose={() => { setMenu(null); }} />
        </li>
    );
});

/** Anybody of the company may enter. */
function OpenSign() {
    const t = useT();
    return <Icon name="globe" size={12} label={t("room.openSign")} />;
}

function Time({ ts }: { readonly ts: number }) {
    const { format } = useI18n();
    // What was today's is yesterday's after midnight.
    useNow();
    if (ts <= 0) return null;
    return (
        <time className={styles.time} dateTime={new Date(ts).toISOString()}>
            {format.brief(ts)}
        </time>
    );
}

function typingText(t: T, names: readonly string[], direct: boolean): string {
    if (direct) return t("typing.direct");
    return names.length === 1 ? t("typing.one", { name: names[0] ?? "" }) : t("typing.many", { count: names.length });
}

function PreviewLine({ room }: { readonly room: RoomEntry }) {
    const t = useT();
    if (room.typing.length > 0) {
        return <span className={classes(styles.preview, styles.typing)}>{typingText(t, room.typing, room.kind === "direct")}</span>;
    }
    const { preview } = room;
    if (!preview) return <span className={styles.preview}>{t("list.noMessages")}</span>;
    const line = bodyLine(t, preview.body);
    const who = preview.mine ? t("list.you") : room.kind === "direct" ? null : preview.senderName;
    return (
        <span className={styles.preview}>
            {who !== null && <span className={styles.who}>{who}: </span>}
            {line}
        </span>
    );
}

function Signs({ room }: { readonly room: RoomEntry }) {
    const t = useT();
    return (
        <span className={styles.signs}>
            <CallSign roomId={room.id} />
            {room.preview?.failed === true && <Icon name="error" size={16} label={t("list.failed")} />}
            {room.mode === "mute" && <Icon name="bell-off" size={12} label={t("mode.mute")} />}
            {room.mentions > 0 && <CountBadge count={room.mentions} tone="accent" label={t("list.mentions", { count: room.mentions })} />}
            {room.mentions === 0 && room.unread > 0 && <CountBadge count={room.unread} label={t("list.unread", { count: room.unread })} />}
            {room.unread === 0 && room.marked && <span className={styles.dot} role="img" aria-label={t("list.marked")} />}
        </span>
    );
}
