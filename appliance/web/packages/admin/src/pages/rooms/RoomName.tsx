/** What a room is called, and who protects it. */
import { Avatar, Badge } from "@veche/kit";
import type { Schemas } from "../../api/api";
import { type T, useT } from "../../app/context";
import personStyles from "../../ui/Person.module.css";

type Room = Schemas["Room"];

/** A room without a name goes by its address. */
export function roomName(t: T, room: Pick<Room, "name" | "canonical_alias">): string {
    return room.name ?? room.canonical_alias ?? t("rooms.nameless");
}

export function RoomName({ room }: { readonly room: Room }) {
    const t = useT();
    const name = roomName(t, room);
    return (
        <span className={personStyles.person}>
            <Avatar name={name} id={room.room_id} size={32} shape="square" decorative />
            <span className={personStyles.words}>
                <bdi className={personStyles.name}>
                    {name} {room.space && <Badge>{t("rooms.space")}</Badge>}
                </bdi>
                <span className={personStyles.id}>{room.canonical_alias ?? room.room_id}</span>
            </span>
        </span>
    );
}

export function Protection({ room }: { readonly room: Room }) {
    const t = useT();
    return room.encryption === null ? <Badge icon="server">{t("rooms.managed")}</Badge> : <Badge tone="success" icon="lock">{t("rooms.encrypted")}</Badge>;
}
