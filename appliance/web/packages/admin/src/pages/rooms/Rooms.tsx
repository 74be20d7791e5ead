/** Rooms, as far as administrators may know of them: never what is said. */
import { Badge, type Column } from "@veche/kit";
import type { Schemas } from "../../api/api";
import { useApi, useI18n, usePages, useRoute, useRouter, useT } from "../../app/context";
import { Pages } from "../../base/resource";
import { List } from "../../ui/List";
import listStyles from "../../ui/List.module.css";
import { Page } from "../../ui/Page";
import { SearchField } from "../../ui/SearchField";
import { When } from "../../ui/When";
import { Protection, RoomName } from "./RoomName";

type Room = Schemas["Room"];

export function Rooms() {
    const t = useT();
    const api = useApi();
    const router = useRouter();
    const route = useRoute();
    const search = route.page === "rooms" ? route.search : "";
    const pages = usePages(
        () =>
            new Pages<Room, string, string>(search, async (asked, after, signal) => {
                const { rooms, next } = await api.get("/api/admin/v1/rooms", { query: { search: asked, after }, signal });
                return { rows: rooms, next };
            }),
        search,
    );
    return (
        <Page wide title={t("page.rooms")} text={t("rooms.text")}>
            <div className={listStyles.toolbar}>
                <div className={listStyles.search}>
                    <SearchField label={t("rooms.search")} value={search} onSearch={(next) => { router.replace({ page: "rooms", search: next }); }} />
                </div>
            </div>
            <List
                label={t("page.rooms")}
                pages={pages}
                columns={useColumns()}
                rowKey={(room) => room.room_id}
                to={(room) => ({ page: "room", roomId: room.room_id })}
                empty={{ icon: "chat", title: search === "" ? t("rooms.none") : t("rooms.noneFits"), text: search === "" ? t("rooms.noneText") : t("people.noneFitsText") }}
            />
        </Page>
    );
}

function useColumns(): readonly Column<Room>[] {
    const { t, format } = useI18n();
    return [
        { id: "name", label: t("rooms.name"), bare: true, breaks: true, cell: (room) => <RoomName room={room} /> },
        { id: "protection", label: t("rooms.protection"), cell: (room) => <Protection room={room} /> },
        { id: "rule", label: t("rooms.rule"), narrow: true, cell: (room) => t(`rule.${room.join_rule}`) },
        { id: "members", label: t("rooms.members"), narrow: true, align: "end", cell: (room) => format.number(room.joined) },
        {
            id: "external",
            label: t("rooms.external"),
            narrow: true,
            align: "end",
            cell: (room) => (room.external === 0 ? "0" : <Badge tone="warning" icon="globe">{format.number(room.external)}</Badge>),
        },
        { id: "active", label: t("rooms.active"), narrow: true, align: "end", cell: (room) => <When ms={room.active_ms} /> },
    ];
}
