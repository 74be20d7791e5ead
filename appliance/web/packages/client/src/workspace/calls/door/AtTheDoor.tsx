/** In a call, for those who may invite: who waits to be let in. */
import { Button, Icon, useToasts } from "@veche/kit";
import type { RoomDetails, WaitingGuest } from "@veche/protocol/engine";
import { useEffect, useRef, useState } from "react";
import { useEngine, useStore, useT } from "../../../app/context";
import { thrownText } from "../../../app/problems";
import { chime } from "../../alerts/chime";
import styles from "./AtTheDoor.module.css";

const SHOWN_MAX = 3;

export function AtTheDoor({ room }: { readonly room: RoomDetails }) {
    const { guest } = useEngine();
    return guest || !room.can.invite ? null : <Waiting roomId={room.id} />;
}

function Waiting({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const waiting = useStore(useEngine().lobby(roomId));
    useChime(waiting);
    const more = waiting.length - SHOWN_MAX;
    return (
        // There before anybody waits, so that it is read out when somebody comes.
        <div role="status" className={styles.door}>
            {waiting.slice(0, SHOWN_MAX).map((guest) => (
                <Row key={guest.id} roomId={roomId} guest={guest} />
            ))}
            {more > 0 && <span className={styles.more}>{t("guests.moreWait", { count: more })}</span>}
        </div>
    );
}

function Row({ roomId, guest }: { readonly roomId: string; readonly guest: WaitingGuest }) {
    const t = useT();
    const toasts = useToasts();
    const lobby = useEngine().lobby(roomId);
    const [busy, setBusy] = useState(false);
    const say = (work: () => Promise<void>) => () => {
        setBusy(true);
        work().catch((thrown: unknown) => {
            setBusy(false);
            toasts.show({ tone: "danger", text: thrownText(t, thrown) });
        });
    };
    return (
        <div className={styles.row}>
            <Icon name="user" size={20} />
            <span className={styles.words}>{t("guests.wants", { name: guest.name })}</span>
            <Button size="small" disabled={busy} aria-label={t("guests.refuseName", { name: guest.name })} onClick={say(() => lobby.refuse(guest.id))}>
                {t("guests.refuse")}
            </Button>
            <Button size="small" variant="primary" disabled={busy} aria-label={t("guests.letInName", { name: guest.name })} onClick={say(() => lobby.admit(guest.id))}>
                {t("guests.letIn")}
            </Button>
        </div>
    );
}

/** Somebody new has come. */
function useChime(waiting: readonly WaitingGuest[]): void {
    const last = useRef(0);
    const newest = waiting.at(-1)?.id ?? 0;
    useEffect(() => {
        if (newest > last.current) chime();
        last.current = Math.max(last.current, newest);
    }, [newest]);
}
