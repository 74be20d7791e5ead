/** The page of somebody who is signed in: the list of rooms, which is there first, and beside it what the session is needed for. */
import type { ListSnapshot } from "@veche/protocol";
import type { Engine } from "@veche/protocol/engine";
import { Suspense, lazy, useEffect, useMemo } from "react";
import { listDrawn, loadRunning } from "../../app/code";
import { EngineContext, ListContext, useRoute, useRunning } from "../../app/context";
import { Guarded } from "../../app/Guarded";
import { CallUi, CallUiContext } from "../calls/call_ui";
import { Rail } from "../Rail/Rail";
import { RoomList } from "../RoomList/RoomList";
import { UiContext, UiStore } from "../ui/ui_store";
import { Opening } from "./Opening";
import { Shortcuts } from "./Shortcuts";
import styles from "./Workspace.module.css";

const Pages = lazy(() => loadRunning().then(({ Pages: page }) => ({ default: page })));
const Around = lazy(() => loadRunning().then(({ Around: around }) => ({ default: around })));

export interface WorkspaceProps {
    /** Whose it is: nothing of one account's is left for another one. */
    readonly userId: string;
    /** Null: the session is being opened. What is asked for meanwhile is done as soon as it is. */
    readonly engine: Engine | null;
    /** The rooms of the last visit, until there is an engine. */
    readonly list: ListSnapshot | null;
}

export default function Workspace({ engine, list }: WorkspaceProps) {
    const ui = useMemo(() => new UiStore(), []);
    const callUi = useMemo(() => new CallUi(), []);
    useEffect(() => {
        listDrawn();
    }, []);
    return (
        <ListContext value={list}>
            <EngineContext value={engine}>
                <UiContext value={ui}>
                    <CallUiContext value={callUi}>
                        <Layout />
                        <Shortcuts />
                        {engine && (
                            <Suspense fallback={null}>
                                <Around />
                            </Suspense>
                        )}
                    </CallUiContext>
                </UiContext>
            </EngineContext>
        </ListContext>
    );
}

function Layout() {
    const route = useRoute();
    const running = useRunning() !== null;
    const panel = route.page === "room" && route.panel !== null;
    return (
        <div className={styles.layout} data-page={route.page} data-panel={panel || undefined}>
            <Rail />
            <RoomList />
            <div className={styles.main}>
                <Guarded key={route.page === "room" ? route.roomId : route.page}>
                    {running ? (
                        <Suspense fallback={<Opening />}>
                            <Pages />
                        </Suspense>
                    ) : (
                        <Opening />
                    )}
                </Guarded>
            </div>
        </div>
    );
}
