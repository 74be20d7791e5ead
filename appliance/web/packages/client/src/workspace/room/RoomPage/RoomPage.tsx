/** A room: header, timeline, composer, and the panel beside them. */
import { Button, EmptyState } from "@veche/kit";
import type { RoomDetails } from "@veche/protocol/engine";
import { Suspense, lazy, useEffect } from "react";
import { useEngine, useRouter, useStore, useT } from "../../../app/context";
import type { Route } from "../../../app/router";
import { JoinBar } from "../../calls/JoinBar";
import { useCallUi, useChatShown, useHasPane } from "../../calls/call_ui";
import { Composer } from "../../composer/Composer/Composer";
import { DropZone } from "../../composer/DropZone/DropZone";
import { PanelView } from "../../panel/PanelView/PanelView";
import { Timeline } from "../../timeline/Timeline/Timeline";
import { Header } from "../Header/Header";
import { InvitePage } from "../InvitePage/InvitePage";
import styles from "./RoomPage.module.css";

/** With everything that moves sound and pictures behind it. */
const CallPane = lazy(() => import("../../calls/pane/CallPane"));

type RoomRoute = Extract<Route, { page: "room" }>;

export function RoomPage({ route }: { readonly route: RoomRoute }) {
    const engine = useEngine();
    // A room that was just made or entered comes with the next sync.
    useStore(engine.rooms);
    if (!engine.hasRoom(route.roomId)) return <Missing />;
    return <Room route={route} />;
}

function Missing() {
    const t = useT();
    return (
        <main className={styles.missing}>
            <EmptyState level={1} icon="search" title={t("room.missingTitle")} text={t("room.missingText")} action={<BackHome />} />
        </main>
    );
}

function BackHome() {
    const t = useT();
    const router = useRouter();
    return (
        <Button onClick={() => { router.go({ page: "home" }); }}>
            {t("room.backHome")}
        </Button>
    );
}

function Room({ route }: { readonly route: RoomRoute }) {
    const t = useT();
    const engine = useEngine();
    const room = useStore(engine.room(route.roomId));
    const hasPane = useHasPane(route.roomId);
    const { chat } = useStore(useCallUi());
    const chatShown = useChatShown();
    const unseen = hasPane && (!chatShown || route.panel !== null);
    useThreadLink(route);
    useTitle(room.name);
    if (room.membership === "invite") return <InvitePage roomId={route.roomId} />;
    if (room.membership !== "join") {
        return (
            <main className={styles.missing}>
                <EmptyState level={1} icon="logout" title={t("room.leftTitle", { name: room.name })} text={t("room.leftText")} action={<BackHome />} />
            </main>
        );
    }
    return (
        <div className={styles.page} data-panel={route.panel !== null || undefined} data-call={hasPane || undefined} data-chat={chat}>
            {hasPane && (
                <Suspense fallback={<div />}>
                    <CallPane room={room} />
                </Suspense>
            )}
            <DropZone roomId={route.roomId} threadId={null} className={styles.room}>
                {/* Beside a call the messages are not the main thing. An element of another kind would be drawn anew, with all messages. */}
                <div role={hasPane ? "region" : "main"} className={styles.column} aria-label={room.name}>
                    <Header room={room} panel={route.panel} />
                    <JoinBar room={room} />
                    <Timeline roomId={route.roomId} threadId={null} eventId={route.eventId} unseen={unseen} />
                    <Foot room={room} />
                </div>
            </DropZone>
            {route.panel !== null && <PanelView roomId={route.roomId} panel={route.panel} />}
        </div>
    );
}

function Foot({ room }: { readonly room: RoomDetails }) {
    const t = useT();
    const router = useRouter();
    const { replacement } = room;
    if (replacement !== null) {
        return (
            <div className={styles.foot}>
                <span>{t("room.replaced")}</span>
                <Button size="small" onClick={() => { router.room(replacement); }}>
                    {t("room.toReplacement")}
                </Button>
            </div>
        );
    }
    if (!room.can.send) return <div className={styles.foot}>{room.announcements ? t("room.announcementsOnly") : t("room.mayNotSend")}</div>;
    return <Composer roomId={room.id} threadId={null} />;
}

/** A link to an event that is in a thread opens the thread. */
function useThreadLink(route: RoomRoute): void {
    const engine = useEngine();
    const router = useRouter();
    const { roomId, eventId, panel } = route;
    const look = eventId !== null && panel === null;
    useEffect(() => {
        if (!look) return;
        void engine.threadOf(roomId, eventId).then((found) => {
            if (found === "missing" || found.threadId === null) return;
            const now = router.getSnapshot();
            if (now.page !== "room" || now.roomId !== roomId || now.eventId !== eventId) return;
            router.replace({ page: "room", roomId, eventId: null, panel: { kind: "thread", rootId: found.threadId, eventId } });
        });
    }, [engine, router, roomId, eventId, look]);
}

/** The room's name and what is unread stand in the browser's tab. */
function useTitle(name: string): void {
    const t = useT();
    const { rooms } = useEngine();
    const { unread } = useStore(rooms);
    useEffect(() => {
        const count = unread > 0 ? `(${unread}) ` : "";
        document.title = `${count}${name} · ${t("app.name")}`;
        return () => {
            document.title = t("app.name");
        };
    }, [t, name, unread]);
}
