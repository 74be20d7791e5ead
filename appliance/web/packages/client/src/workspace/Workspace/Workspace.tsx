/** The page of somebody who is signed in: list, room, and what opens beside and in front of them. */
import type { Engine } from "@veche/protocol/engine";
import { Suspense, lazy, useMemo } from "react";
import { EngineContext, useEngine, useRoute, useStore } from "../../app/context";
import { Guarded } from "../../app/Guarded";
import { AccountName } from "../../offline/AccountName";
import { Alerts } from "../alerts/Alerts";
import { CallUi, CallUiContext, useIsAway } from "../calls/call_ui";
import { Ringing } from "../calls/Ringing";
import { Home } from "../Home/Home";
import { Modals } from "../dialogs/Modals";
import { Rail } from "../Rail/Rail";
import { RoomList } from "../RoomList/RoomList";
import { RoomPage } from "../room/RoomPage/RoomPage";
import { EncryptionGate } from "../setup/EncryptionGate";
import { UiContext, UiStore } from "../ui/ui_store";
import { Verification } from "../Verification/Verification";
import { AliasPage } from "../room/AliasPage/AliasPage";
import { Activity } from "./Activity";
import { Shortcuts } from "./Shortcuts";
import styles from "./Workspace.module.css";

const FloatingCall = lazy(() => import("../calls/pane/FloatingCall"));
const Settings = lazy(() => import("../settings/Settings/Settings"));

export default function Workspace({ engine }: { readonly engine: Engine }) {
    const ui = useMemo(() => new UiStore(), []);
    const callUi = useMemo(() => new CallUi(), []);
    return (
        <EngineContext value={engine}>
            <UiContext value={ui}>
                <CallUiContext value={callUi}>
                    <EncryptionGate>
                        <Layout />
                        <Shortcuts />
                        <Activity />
                        <AccountName />
                        <Alerts />
                        <Modals />
                        <Away />
                        <Ringing />
                    </EncryptionGate>
                    <Verification />
                </CallUiContext>
            </UiContext>
        </EngineContext>
    );
}

/** The call one is in, while one looks at something else. */
function Away() {
    const call = useStore(useEngine().calls.current);
    const away = useIsAway();
    if (!call || !away) return null;
    return (
        <Suspense fallback={null}>
            <FloatingCall call={call} />
        </Suspense>
    );
}

function Layout() {
    const route = useRoute();
    const panel = route.page === "room" && route.panel !== null;
    return (
        <div className={styles.layout} data-page={route.page} data-panel={panel || undefined}>
            <Rail />
            <RoomList />
            <div className={styles.main}>
                <Guarded key={route.page === "room" ? route.roomId : route.page}>
                    <Main />
                </Guarded>
            </div>
        </div>
    );
}

function Main() {
    const route = useRoute();
    switch (route.page) {
        case "room":
            return <RoomPage key={route.roomId} route={route} />;
        case "alias":
            return <AliasPage alias={route.alias} />;
        case "settings":
            return (
                <Suspense fallback={null}>
                    <Settings tab={route.tab} />
                </Suspense>
            );
        case "home":
        case "register":
            return <Home />;
    }
}
