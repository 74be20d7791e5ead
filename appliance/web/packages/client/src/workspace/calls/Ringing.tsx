/** Somebody calls: the card, its sound, and the notification where the page is not looked at. */
import { Button, IconButton } from "@veche/kit";
import type { Ring } from "@veche/protocol/engine";
import { useEffect, useState } from "react";
import { useEngine, useRouter, useServices, useStore, useT } from "../../app/context";
import { write } from "../../app/router";
import { clearNotifications, showNotification } from "../alerts/notifications";
import { PersonAvatar } from "../Avatars/Avatars";
import { chime } from "../alerts/chime";
import { useCallUi } from "./call_ui";
import styles from "./calls.module.css";

const CHIME_EVERY_MS = 2_500;

export function Ringing() {
    const { calls } = useEngine();
    const ring = useStore(calls.ringing);
    const available = useStore(calls.available);
    if (!ring || available !== true) return null;
    return <UnlessQuiet key={ring.eventId} ring={ring} />;
}

/** Who does not want to be disturbed sees the call in the list of rooms, and no card. */
function UnlessQuiet({ ring }: { readonly ring: Ring }) {
    const { settings } = useServices();
    const [quiet] = useState(() => settings.quiet(Date.now()));
    return quiet ? null : <Card ring={ring} />;
}

function Card({ ring }: { readonly ring: Ring }) {
    const t = useT();
    const { calls } = useEngine();
    const ui = useCallUi();
    const router = useRouter();
    useSound();
    useNotification(ring);
    const { caller } = ring;
    const accept = (camera: boolean) => async () => {
        const { CallDevices } = await import("@veche/protocol/calls");
        router.room(ring.roomId);
        ui.closeLobby();
        await calls.join(ring.roomId, { ...new CallDevices().wish(camera ? "video" : ring.intent), microphone: true, camera });
    };
    const video = ring.intent === "video";
    const text = ring.direct ? t("call.ringsDirect") : t("call.ringsRoom", { room: ring.roomName });
    return (
        <div role="alertdialog" aria-label={t("call.ringsLabel", { name: caller.name })} className={styles.card}>
            <PersonAvatar id={caller.id} name={caller.name} picture={caller.avatar} size={56} />
            <span className={styles.cardWords}>
                <strong className={styles.cardName}>{caller.name}</strong>
                <span>{text}</span>
            </span>
            <div className={styles.cardActions}>
                <Button variant="danger" icon="call-end" onClick={() => void calls.ringing.decline(ring).catch(() => undefined)}>
                    {t("call.decline")}
                </Button>
                <Button variant="primary" icon="call" onClick={() => void accept(false)()}>
                    {t("call.accept")}
                </Button>
                {video && <IconButton variant="primary" icon="video" label={t("call.acceptVideo")} onClick={() => void accept(true)()} />}
            </div>
        </div>
    );
}

function useSound(): void {
    const { settings } = useServices();
    const { sound } = useStore(settings);
    useEffect(() => {
        if (!sound) return undefined;
        chime();
        const timer = setInterval(chime, CHIME_EVERY_MS);
        return () => {
            clearInterval(timer);
        };
    }, [sound]);
}

function useNotification(ring: Ring): void {
    const t = useT();
    const router = useRouter();
    const { settings } = useServices();
    useEffect(() => {
        if (document.hasFocus() || !settings.getSnapshot().notifications) return undefined;
        const place = { page: "room", roomId: ring.roomId, eventId: null, panel: null } as const;
        const title = t("call.ringsLabel", { name: ring.caller.name });
        const text = ring.direct ? t("call.ringsDirect") : t("call.ringsRoom", { room: ring.roomName });
        void showNotification({ title, text, roomId: ring.roomId, hash: write(place) }, () => {
            router.go(place);
        });
        return () => void clearNotifications(ring.roomId);
    }, [ring, router, settings, t]);
}
