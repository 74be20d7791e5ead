/** Browser notifications of new messages, and the number on the installed application. */
import type { Alert } from "@veche/protocol/engine";
import { useEffect } from "react";
import { useEngine, useI18n, useRouter, useServices, useStore } from "../../app/context";
import { type Route, parse, write } from "../../app/router";
import { bodyLine } from "../message/body_text";
import { chime } from "./chime";
import { clearNotifications, showNotification } from "./notifications";

interface Badging {
    setAppBadge?(count: number): Promise<void>;
    clearAppBadge?(): Promise<void>;
}

function placeOf({ roomId, threadId }: Alert): Route {
    const panel = threadId === null ? null : ({ kind: "thread", rootId: threadId, eventId: null } as const);
    return { page: "room", roomId, eventId: null, panel };
}

export function Alerts() {
    useBadge();
    useOpening();
    const { t } = useI18n();
    const engine = useEngine();
    const router = useRouter();
    const { settings } = useServices();
    // No effect events: opening a thread makes the SDK tell of its messages while the page is being drawn.
    useEffect(() => {
        const isOpen = (roomId: string, threadId: string | null) => {
            const route = router.getSnapshot();
            const looking = document.visibilityState === "visible" && document.hasFocus();
            if (!looking || route.page !== "room" || route.roomId !== roomId) return false;
            return threadId === null || (route.panel?.kind === "thread" && route.panel.rootId === threadId);
        };
        const show = (alert: Alert) => {
            const { sound, notificationText } = settings.getSnapshot();
            if (sound) chime();
            const text = notificationText ? bodyLine(t, alert.body) : t("alert.hidden");
            const title = alert.direct ? alert.senderName : t("alert.title", { sender: alert.senderName, room: alert.roomName });
            const place = placeOf(alert);
            void showNotification({ title, text, roomId: alert.roomId, hash: write(place) }, () => {
                router.go(place);
            });
        };
        engine.notifier.attach({ isOpen, show, clear: (roomId) => void clearNotifications(roomId) });
        return () => {
            engine.notifier.attach(null);
        };
    }, [engine, router, settings, t]);
    return null;
}

/** The number on the icon of the installed application. */
function useBadge(): void {
    const { unread } = useStore(useEngine().rooms);
    useEffect(() => {
        const badging = navigator as Badging;
        const done = unread > 0 ? badging.setAppBadge?.(unread) : badging.clearAppBadge?.();
        done?.catch(() => undefined);
    }, [unread]);
}

/** A notification that the service worker showed was pressed. */
function useOpening(): void {
    const router = useRouter();
    useEffect(() => {
        if (!("serviceWorker" in navigator)) return undefined;
        const open = ({ data }: MessageEvent) => {
            const { open: hash } = data as { readonly open?: unknown };
            if (typeof hash === "string") router.go(parse(hash));
        };
        navigator.serviceWorker.addEventListener("message", open);
        return () => {
            navigator.serviceWorker.removeEventListener("message", open);
        };
    }, [router]);
}
