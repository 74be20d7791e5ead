/** One room: what it is, who is in it, what the server has to say about it. */
import { Badge, Button, type Column, Switch, useToasts } from "@veche/kit";
import { useState } from "react";
import type { Schemas } from "../../api/api";
import { useApi, useI18n, useLoaded, usePages, useRoute, useRouter, useT } from "../../app/context";
import { known } from "../../app/problems";
import { ROOMS } from "../../app/router";
import { useToldTask } from "../../app/use_task";
import { Pages, Resource } from "../../base/resource";
import { ConfirmDialog } from "../../ui/ConfirmDialog";
import { List } from "../../ui/List";
import { Card, Facts, Page, Shown } from "../../ui/Page";
import { Person } from "../../ui/Person";
import { When } from "../../ui/When";
import { Protection, roomName } from "./RoomName";

type Room = Schemas["Room"];
type Member = Schemas["RoomMember"];

export function RoomPage() {
    const t = useT();
    const api = useApi();
    const route = useRoute();
    const path = { room_id: route.page === "room" ? route.roomId : "" };
    const room = useLoaded(() => new Resource((signal) => api.get("/api/admin/v1/rooms/{room_id}", { path, signal })));
    return (
        <Shown of={room}>
            {(value) => (
                <Page title={roomName(t, value)} text={value.topic ?? undefined} up={{ to: ROOMS, label: t("page.rooms") }}>
                    <About room={value} />
                    <Listed room={value} onChange={(changed) => { room.set(changed); }} />
                    <Members path={path} />
                    <Close room={value} />
                </Page>
            )}
        </Shown>
    );
}

function About({ room }: { readonly room: Room }) {
    const { t, format } = useI18n();
    return (
        <Card title={t("room.about")}>
            <Facts
                facts={[
                    { label: t("rooms.protection"), value: <><Protection room={room} /> {t(room.encryption === null ? "room.managedText" : "room.encryptedText")}</> },
                    { label: t("rooms.rule"), value: t(`rule.${room.join_rule}`) },
                    { label: t("room.history"), value: known(t, "history", room.history_visibility) ?? room.history_visibility },
                    { label: t("rooms.members"), value: t("room.membersText", { joined: format.number(room.joined), invited: format.number(room.invited), external: format.number(room.external) }) },
                    { label: t("room.guests"), value: t(room.guests_may_join ? "common.yes" : "common.no") },
                    { label: t("room.federated"), value: t(room.federated ? "common.yes" : "common.no") },
                    room.aliases.length === 0 ? null : { label: t("room.addresses"), value: format.list(room.aliases) },
                    { label: t("room.creator"), value: room.creator },
                    { label: t("people.created"), value: format.dateTime(room.created_ms) },
                    { label: t("rooms.active"), value: <When ms={room.active_ms} /> },
                    { label: t("room.id"), value: <code>{room.room_id}</code> },
                    { label: t("room.version"), value: room.version },
                    room.successor === null ? null : { label: t("room.successor"), value: <code>{room.successor}</code> },
                ]}
            />
        </Card>
    );
}

function Listed({ room, onChange }: { readonly room: Room; readonly onChange: (room: Room) => void }) {
    const t = useT();
    const api = useApi();
    const task = useToldTask();
    const change = (listed: boolean) =>
        task.run(async () => {
            onChange(await api.put("/api/admin/v1/rooms/{room_id}/settings", { path: { room_id: room.room_id }, body: { listed } }));
        }, t(listed ? "room.isListed" : "room.isUnlisted"));
    return (
        <Card title={t("room.settings")}>
            <Switch label={t("room.listed")} hint={t("room.listedText")} checked={room.listed} disabled={task.busy} onChange={(listed) => void change(listed)} />
        </Card>
    );
}

function Members({ path }: { readonly path: { room_id: string } }) {
    const t = useT();
    const api = useApi();
    const pages = usePages(
        () =>
            new Pages<Member, string, null>(null, async (_, after, signal) => {
                const { members, next } = await api.get("/api/admin/v1/rooms/{room_id}/members", { path, query: { after }, signal });
                return { rows: members, next };
            }),
        null,
    );
    const columns: readonly Column<Member>[] = [
        { id: "name", label: t("people.name"), bare: true, breaks: true, cell: (member) => <Person userId={member.user_id} displayName={member.display_name} /> },
        { id: "membership", label: t("room.membership"), cell: (member) => known(t, "membership", member.membership) ?? member.membership },
        { id: "external", label: t("rooms.external"), cell: (member) => (member.external ? <Badge tone="warning" icon="globe">{t("room.external")}</Badge> : t("room.internal")) },
        { id: "power", label: t("room.power"), narrow: true, align: "end", cell: (member) => (member.power_level ?? t("room.creatorPower")) },
    ];
    return (
        <Card flush title={t("rooms.members")}>
            <List label={t("rooms.members")} pages={pages} columns={columns} rowKey={(member) => member.user_id} empty={{ icon: "users", title: t("room.nobody") }} />
        </Card>
    );
}

function Close({ room }: { readonly room: Room }) {
    const t = useT();
    const api = useApi();
    const router = useRouter();
    const toasts = useToasts();
    const [asking, setAsking] = useState(false);
    const close = async (proof: string) => {
        await api.post("/api/admin/v1/rooms/{room_id}/close", { path: { room_id: room.room_id }, proof });
        toasts.show({ text: t("room.closed"), tone: "success" });
        router.go(ROOMS);
    };
    return (
        <Card tone="danger" title={t("room.close")} text={t("room.closeText")} actions={<Button variant="danger" onClick={() => { setAsking(true); }}>{t("room.close")}</Button>}>
            {asking && (
                <ConfirmDialog
                    title={t("room.closeTitle", { name: roomName(t, room) })}
                    confirm={t("room.close")}
                    typed={room.name ?? room.canonical_alias ?? room.room_id}
                    proof="always"
                    onClose={() => { setAsking(false); }}
                    run={close}
                >
                    <p>{t("room.closeWhat")}</p>
                    <ul>
                        <li>{t("room.closePeople", { count: room.joined })}</li>
                        <li>{t("room.closeRead")}</li>
                        <li>{t("room.closeForever")}</li>
                    </ul>
                </ConfirmDialog>
            )}
        </Card>
    );
}
