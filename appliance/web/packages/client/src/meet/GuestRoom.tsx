/** A guest in the call of his one room: the call, and nothing beside it. */
import { Spinner } from "@veche/kit";
import type { Engine } from "@veche/protocol/engine";
import { useEffect, useMemo, useState } from "react";
import { EngineContext, ListContext, useEngine, useStore, useT } from "../app/context";
import CallPane from "../workspace/calls/pane/CallPane";
import { callDevices } from "../workspace/calls/pane/use_devices";
import { CallUi, CallUiContext, useCallUi } from "../workspace/calls/call_ui";
import { UiContext, UiStore } from "../workspace/ui/ui_store";
import styles from "./meet.module.css";

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
    const { lobby } = useStore(useCallUi());
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
    return call || lobby ? <CallPane room={room} /> : <Coming />;
}
