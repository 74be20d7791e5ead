/** A guest in the call of his one room: the call, and what is written beside it. */
import { Spinner } from "@veche/kit";
import type { Engine } from "@veche/protocol/engine";
import { Suspense, lazy, useEffect, useMemo, useState } from "react";
import { EngineContext, ListContext, useEngine, useStore, useT } from "../app/context";
import CallPane from "../workspace/calls/pane/CallPane";
import { callDevices } from "../workspace/calls/pane/use_devices";
import { CallUi, CallUiContext, useCallUi, useChatShown } from "../workspace/calls/call_ui";
import { Modals } from "../workspace/dialogs/Modals";
import page from "../workspace/room/RoomPage/RoomPage.module.css";
import { UiContext, UiStore } from "../workspace/ui/ui_store";
import styles from "./meet.module.css";

const GuestChat = lazy(() => import("./GuestChat"));

interface Props {
    readonly engine: Engine;
    readonly roomId: string;
    readonly onLeave: () => void;
}

export function GuestRoom({ engine, roomId, onLeave }: Props) {
    const ui = useMemo(() => new UiStore(), []);
    const callUi = useMemo(() => new CallUi(), []);
    useStore(engine.rooms);
    return (
        <ListContext value={null}>
            <EngineContext value={engine}>
                <UiContext value={ui}>
                    <CallUiContext value={callUi}>
                        <div className={styles.room}>{engine.hasRoom(roomId) ? <InRoom roomId={roomId} onLeave={onLeave} /> : <Coming />}</div>
                        <Modals />
                    </CallUiContext>
                </UiContext>
            </EngineContext>
        </ListContext>
    );
}

function Coming() {
    const t = useT();
    return (
        <main className={styles.coming}>
            <Spinner size="large" label={t("call.connecting")} />
        </main>
    );
}

function InRoom({ roomId, onLeave }: { readonly roomId: string; readonly onLeave: () => void }) {
    const t = useT();
    const engine = useEngine();
    const { calls } = engine;
    const room = useStore(engine.room(roomId));
    const call = useStore(calls.current);
    const { lobby, chat } = useStore(useCallUi());
    const chatShown = useChatShown();
    const [joined, setJoined] = useState(false);
    useEffect(() => {
        void calls.join(roomId, callDevices().wish("video")).then(() => {
            setJoined(true);
        });
    }, [calls, roomId]);
    const left = joined && call === null && lobby === null;
    const out = room.membership !== "join";
    useEffect(() => {
        if (left || out) onLeave();
    }, [left, out, onLeave]);
    useEffect(() => {
        document.title = `${room.name} · ${t("app.name")}`;
        return () => {
            document.title = t("app.name");
        };
    }, [t, room.name]);
    if (!call && !lobby) return <Coming />;
    return (
        <div className={page.page} data-call data-chat={chat}>
            <CallPane room={room} />
            {chatShown && call?.roomId === roomId && (
                <Suspense fallback={<div className={page.room} />}>
                    <GuestChat room={room} />
                </Suspense>
            )}
        </div>
    );
}
