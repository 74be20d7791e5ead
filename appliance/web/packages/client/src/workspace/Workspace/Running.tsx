/** What only a running session can show: pages beside the list, and what opens in front of both. */
import { Suspense, lazy } from "react";
import { useEngine, useRoute, useStore } from "../../app/context";
import { AccountName } from "../../offline/AccountName";
import { LookAround } from "../../offline/LookAround";
import { Alerts } from "../alerts/Alerts";
import { useIsAway } from "../calls/call_ui";
import { Ringing } from "../calls/Ringing";
import { Modals } from "../dialogs/Modals";
import { Home } from "../Home/Home";
import { AliasPage } from "../room/AliasPage/AliasPage";
import { RoomPage } from "../room/RoomPage/RoomPage";
import { EncryptionGate } from "../setup/EncryptionGate";
import { Verification } from "../Verification/Verification";
import { Activity } from "./Activity";
import { Leaving } from "./Leaving";

const FloatingCall = lazy(() => import("../calls/pane/FloatingCall"));
const Settings = lazy(() => import("../settings/Settings/Settings"));

export function Pages() {
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
        case "meet":
            return <Home />;
    }
}

/** Beside the pages: what is nowhere until something happens. */
export function Around() {
    return (
        <>
            <Activity />
            <Leaving />
            <AccountName />
            <LookAround />
            <Alerts />
            <Modals />
            <Away />
            <Ringing />
            <EncryptionGate />
            <Verification />
        </>
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
