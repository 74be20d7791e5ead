/** The timeline of a room or a thread on the screen. */
import { Banner, Button, CountBadge, IconButton, Skeleton } from "@veche/kit";
import type { Item, TimelineState, TimelineStore } from "@veche/protocol/engine";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useEngine, useStore, useT } from "../../../app/context";
import { problemText } from "../../../app/problems";
import { VirtualList, type VirtualListHandle } from "../VirtualList/VirtualList";
import { ItemRow } from "./ItemRow";
import { guessHeight } from "./guess_height";
import { TypingLine } from "./TypingLine";
import styles from "./Timeline.module.css";

/** How long an event that a link led to is marked. */
const MARKED_MS = 2_500;

interface Props {
    readonly roomId: string;
    readonly threadId: string | null;
    readonly eventId: string | null;
    /** Something stands in its place for now: nothing of it is read. */
    readonly unseen?: boolean;
}

const keyOf = (item: Item): string => item.key;
const isSteady = (item: Item): boolean => item.type === "message";

export function Timeline(props: Props) {
    const { roomId, threadId, eventId } = props;
    const engine = useEngine();
    const timeline = engine.timeline(roomId, threadId);
    const state = useStore(timeline);
    useEffect(() => {
        void timeline.open(eventId);
    }, [timeline, eventId]);
    if (state.phase === "failed") return <Failed timeline={timeline} state={state} />;
    if (state.phase === "loading") return <Loading />;
    return <Open key={state.turn} {...props} timeline={timeline} state={state} />;
}

function Loading() {
    return (
        <div className={styles.loading}>
            {["60%", "80%", "45%", "70%"].map((width) => (
                <div key={width} className={styles.skeleton}>
                    <Skeleton shape="circle" width="2.25rem" height="2.25rem" />
                    <Skeleton width={width} lines={2} />
                </div>
            ))}
        </div>
    );
}

function Failed({ timeline, state }: { readonly timeline: TimelineStore; readonly state: TimelineState }) {
    const t = useT();
    return (
        <div className={styles.failed}>
            <Banner tone="danger" action={<Button onClick={() => void timeline.open()}>{t("timeline.toLatest")}</Button>}>
                {state.problem === "notFound" ? t("timeline.eventMissing") : problemText(t, state.problem ?? "unknown")}
            </Banner>
        </div>
    );
}

interface OpenProps extends Props {
    readonly timeline: TimelineStore;
    readonly state: TimelineState;
}

function Open({ roomId, threadId, timeline, state, unseen = false }: OpenProps) {
    const t = useT();
    const list = useRef<VirtualListHandle>(null);
    const [atEnd, setAtEnd] = useState(true);
    const marked = useMark(state, list);
    useReading(timeline, state, atEnd && !unseen);
    useWritten(state, list);
    const [initial] = useState(() => firstPlace(state));
    const render = useCallback(
        (item: Item) => <ItemRow item={item} roomId={roomId} threadId={threadId} marked={marked !== null && "eventId" in item && item.eventId === marked} />,
        [roomId, threadId, marked],
    );
    const load = useMemo(() => ({ older: () => void timeline.loadOlder(), newer: () => void timeline.loadNewer() }), [timeline]);
    return (
        <div className={styles.timeline} data-thread={threadId !== null || undefined}>
            {state.unreadAbove && <UnreadAbove timeline={timeline} />}
            <VirtualList
                ref={list}
                items={state.items}
                keyOf={keyOf}
                guess={guessHeight}
                steady={isSteady}
                render={render}
                label={t("timeline.label")}
                onStart={load.older}
                onEnd={load.newer}
                onAtEnd={setAtEnd}
                whole={state.live}
                initial={initial}
                before={<EdgeRow edge={state.older} retry={load.older} />}
                after={<Foot edge={state.newer} retry={load.newer} />}
            />
            {threadId === null && <TypingLine roomId={roomId} />}
            {(!atEnd || !state.live) && <ToLatest roomId={roomId} threadId={threadId} timeline={timeline} state={state} list={list} />}
        </div>
    );
}

/** Where a timeline opens: at what a link asks for, at the first unread message, else at its end (null). */
function firstPlace({ focus, items }: TimelineState): { key: string; where: "middle" | "top" } | null {
    const wanted = focus && items.find((item) => "eventId" in item && item.eventId === focus.eventId);
    if (wanted) return { key: wanted.key, where: "middle" };
    return items.some((item) => item.type === "unread") ? { key: "unread", where: "top" } : null;
}

/** The event that is marked because somebody was led to it, and the way there when it is in the window already. */
function useMark({ focus, items }: TimelineState, list: React.RefObject<VirtualListHandle | null>): string | null {
    const [marked, setMarked] = useState<string | null>(focus?.eventId ?? null);
    const went = useRef(0);
    useEffect(() => {
        if (!focus || went.current === focus.turn) return undefined;
        const item = items.find((candidate) => "eventId" in candidate && candidate.eventId === focus.eventId);
        if (!item) return undefined;
        went.current = focus.turn;
        list.current?.scrollTo(item.key, "middle");
        const show = setTimeout(() => {
            setMarked(focus.eventId);
        }, 0);
        return () => {
            clearTimeout(show);
        };
    }, [focus, items, list]);
    useEffect(() => {
        if (marked === null) return undefined;
        const hide = setTimeout(() => {
            setMarked(null);
        }, MARKED_MS);
        return () => {
            clearTimeout(hide);
        };
    }, [marked]);
    return marked;
}

/** Goes to the end with each message that is written here. */
function useWritten({ written }: TimelineState, list: React.RefObject<VirtualListHandle | null>): void {
    const seen = useRef(written);
    useEffect(() => {
        if (seen.current === written) return;
        seen.current = written;
        list.current?.toEnd();
    }, [written, list]);
}

/** Says what has been read: while the end is on the screen of a window that somebody looks at. */
function useReading(timeline: TimelineStore, state: TimelineState, atEnd: boolean): void {
    const { actions } = useEngine();
    const atLatest = state.live && atEnd;
    useEffect(() => {
        const look = () => {
            const reading = atLatest && document.visibilityState === "visible" && document.hasFocus();
            timeline.reading(reading);
            if (reading && timeline.threadId === null) void actions.unmark(timeline.roomId).catch(() => undefined);
        };
        look();
        window.addEventListener("focus", look);
        window.addEventListener("blur", look);
        document.addEventListener("visibilitychange", look);
        return () => {
            window.removeEventListener("focus", look);
            window.removeEventListener("blur", look);
            document.removeEventListener("visibilitychange", look);
            timeline.reading(false);
        };
    }, [timeline, actions, atLatest]);
}

function EdgeRow({ edge, retry }: { readonly edge: TimelineState["older"]; readonly retry: () => void }) {
    const t = useT();
    if (edge === "failed") {
        return (
            <div className={styles.edge}>
                <Button size="small" icon="refresh" onClick={retry}>
                    {t("timeline.loadFailed")}
                </Button>
            </div>
        );
    }
    if (edge !== "loading") return null;
    return (
        <div className={styles.edge} role="status">
            {t("timeline.loading")}
        </div>
    );
}

/** What follows the last message: room for the line that says who is typing. */
function Foot(props: { readonly edge: TimelineState["newer"]; readonly retry: () => void }) {
    return (
        <>
            <EdgeRow {...props} />
            <div className={styles.foot} />
        </>
    );
}

function UnreadAbove({ timeline }: { readonly timeline: TimelineStore }) {
    const t = useT();
    return (
        <div className={styles.above}>
            <Button size="small" icon="arrow-up" onClick={() => void timeline.toUnread()}>
                {t("timeline.toUnread")}
            </Button>
            <IconButton size="small" icon="close" label={t("timeline.forgetUnread")} onClick={() => { timeline.forgetUnread(); }} />
        </div>
    );
}

interface LatestProps extends Omit<OpenProps, "eventId"> {
    readonly list: React.RefObject<VirtualListHandle | null>;
}

function ToLatest({ roomId, threadId, timeline, state, list }: LatestProps) {
    const t = useT();
    const { rooms } = useEngine();
    const counted = useStore(rooms).byId.get(roomId)?.unread ?? 0;
    const unread = threadId === null ? counted : 0;
    const go = () => {
        if (state.live) list.current?.toEnd();
        else void timeline.toLatest();
    };
    return (
        <div className={styles.latest}>
            {unread > 0 && <CountBadge count={unread} tone="accent" label={t("list.unread", { count: unread })} />}
            <IconButton icon="arrow-down" variant="secondary" label={t("timeline.toLatest")} tooltip="start" onClick={go} />
        </div>
    );
}
