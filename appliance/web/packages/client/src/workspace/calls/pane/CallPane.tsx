/** The place of a call in its room: the lobby before it, the call, and what is to be said when it has ended. */
import { Banner, Button, EmptyState, Icon, IconButton, Spinner, VisuallyHidden } from "@veche/kit";
import type { Call, CallState, RoomDetails } from "@veche/protocol/engine";
import type { Layout } from "@veche/protocol/calls";
import { type ReactNode, useState } from "react";
import { useEngine, useI18n, useRouter, useStore, useT } from "../../../app/context";
import { useUi } from "../../ui/ui_store";
import { useCallUi, useChatShown } from "../call_ui";
import { Controls } from "./Controls";
import { AtTheDoor } from "../door/AtTheDoor";
import { Lobby } from "./Lobby";
import { Stage } from "./Stage";
import { deviceText } from "./texts";
import { useAnnounced } from "./use_announced";
import styles from "./Pane.module.css";

export default function CallPane({ room }: { readonly room: RoomDetails }) {
    const t = useT();
    const { lobby } = useStore(useCallUi());
    const call = useStore(useEngine().calls.current);
    return (
        <main className={styles.pane} aria-label={t("call.pane", { name: room.name })}>
            <VisuallyHidden as="h1">{t("call.pane", { name: room.name })}</VisuallyHidden>
            {lobby?.roomId === room.id ? <Lobby room={room} intent={lobby.intent} /> : call?.roomId === room.id ? <InCall room={room} call={call} /> : null}
        </main>
    );
}

function InCall({ room, call }: { readonly room: RoomDetails; readonly call: Call }) {
    const state = useStore(call);
    const [layout, setLayout] = useState<Layout>("grid");
    const announced = useAnnounced(state);
    if (state.phase === "ended") return <Ended call={call} state={state} />;
    return (
        <div className={styles.call}>
            <Top room={room} state={state} layout={layout} onLayout={setLayout} />
            <div className={styles.notices}>
                <AtTheDoor room={room} />
                <Notices call={call} state={state} />
            </div>
            <div className={styles.stage}>{state.participants.length === 0 ? <Connecting /> : <Stage state={state} layout={layout} />}</div>
            <Controls call={call} state={state} />
            <VisuallyHidden>
                <span role="status">{announced}</span>
            </VisuallyHidden>
        </div>
    );
}

function Connecting() {
    const t = useT();
    return (
        <div className={styles.center}>
            <Spinner size="large" label={t("call.connecting")} />
        </div>
    );
}

const isAlone = ({ phase, participants }: CallState): boolean => phase === "connected" && participants.every(({ local }) => local);

interface TopProps {
    readonly room: RoomDetails;
    readonly state: CallState;
    readonly layout: Layout;
    readonly onLayout: (layout: Layout) => void;
}

function Top({ room, state, layout, onLayout }: TopProps) {
    const t = useT();
    const router = useRouter();
    const modals = useUi();
    const { guest } = useEngine();
    const other = layout === "grid" ? "spotlight" : "grid";
    const waits = isAlone(state) && state.declined.length === 0;
    return (
        <header className={styles.top}>
            <span className={styles.back} hidden={guest}>
                {/* The call goes on in its small window. */}
                <IconButton icon="arrow-left" label={t("room.back")} tooltip={false} onClick={() => { router.go({ page: "home" }); }} />
            </span>
            <span className={styles.lock} data-encrypted={state.encrypted || undefined}>
                <Icon name={state.encrypted ? "lock" : "lock-open"} size={16} label={state.encrypted ? t("call.encrypted") : t("call.plain")} />
            </span>
            <h2 className={styles.title}>{room.name}</h2>
            <span className={styles.count}>{waits ? t("call.waiting") : t("call.people", { count: state.participants.length })}</span>
            <IconButton icon={other} label={t(`call.layout.${other}`)} onClick={() => { onLayout(other); }} />
            {!guest && room.can.invite && <IconButton icon="user-add" label={t("guests.invite")} onClick={() => { modals.open({ kind: "guests", roomId: room.id }); }} />}
            <ChatButton roomId={room.id} />
        </header>
    );
}

/** The messages beside the call, and that there are new ones. */
function ChatButton({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const ui = useCallUi();
    const { rooms } = useEngine();
    const shown = useChatShown();
    const unread = useStore(rooms).byId.get(roomId)?.unread ?? 0;
    const news = !shown && unread > 0;
    const label = news ? t("call.chatUnread", { count: unread }) : shown ? t("call.chatHide") : t("call.chatShow");
    return <IconButton icon="chat" label={label} dot={news} aria-expanded={shown} onClick={() => { ui.showChat(shown ? "hidden" : "shown"); }} />;
}

function Notices({ call, state }: { readonly call: Call; readonly state: CallState }): ReactNode {
    const { t, format } = useI18n();
    if (state.phase === "reconnecting") return <Banner tone="warning">{t("call.reconnecting")}</Banner>;
    if (state.silenced) {
        return (
            <Banner tone="warning" action={<Button size="small" onClick={() => void call.unsilence()}>{t("call.unsilence")}</Button>}>
                {t("call.silenced")}
            </Banner>
        );
    }
    // Of use to who waits for somebody; in a room of many others come all the same.
    if (isAlone(state) && state.declined.length > 0) return <Banner>{t("call.declined", { name: format.list(state.declined) })}</Banner>;
    if (state.deviceProblem) {
        return (
            <Banner tone="warning" dismissLabel={t("common.dismiss")} onDismiss={() => { call.dismissDeviceProblem(); }}>
                {deviceText(t, state.deviceProblem)}
            </Banner>
        );
    }
    return null;
}

function Ended({ call, state: { problem } }: { readonly call: Call; readonly state: CallState }) {
    const t = useT();
    const { calls } = useEngine();
    const ui = useCallUi();
    const again = () => {
        void calls.leave();
        ui.openLobby(call.roomId, "video");
    };
    return (
        <div className={styles.center}>
            <EmptyState
                icon="call-end"
                level={2}
                title={t("call.ended")}
                text={problem === null ? undefined : t(`call.problem.${problem}`)}
                action={
                    <div className={styles.again}>
                        <Button onClick={() => void calls.leave()}>{t("common.close")}</Button>
                        <Button variant="primary" onClick={again}>
                            {t("call.again")}
                        </Button>
                    </div>
                }
            />
        </div>
    );
}
