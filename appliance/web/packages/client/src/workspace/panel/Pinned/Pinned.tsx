/** Pinned messages. */
import { EmptyState, IconButton, useToasts } from "@veche/kit";
import { useEngine, useI18n, useStore } from "../../../app/context";
import { thrownText } from "../../../app/problems";
import { PersonAvatar } from "../../Avatars/Avatars";
import { bodyLine } from "../../message/body_text";
import { PanelFrame } from "../PanelView/PanelView";
import styles from "../Threads/Threads.module.css";

export function Pinned({ roomId }: { readonly roomId: string }) {
    const { t, format } = useI18n();
    const toasts = useToasts();
    const engine = useEngine();
    const room = useStore(engine.room(roomId));
    const newestFirst = [...room.pinned].reverse();
    const unpin = (eventId: string) => {
        engine.actions.pin(roomId, eventId, false).catch((thrown: unknown) => {
            toasts.show({ tone: "danger", text: thrownText(t, thrown) });
        });
    };
    return (
        <PanelFrame title={t("panel.pinned")}>
            {newestFirst.length === 0 && <EmptyState icon="pin" level={3} title={t("pinned.emptyTitle")} text={t("pinned.emptyText")} />}
            <ul>
                {newestFirst.map(({ eventId, said }) => (
                    <li key={eventId} className={styles.pinned}>
                        <button type="button" className={styles.row} onClick={() => void engine.timeline(roomId, null).open(eventId)}>
                            {said ? (
                                <>
                                    <PersonAvatar id={said.sender.id} name={said.sender.name} picture={said.sender.avatar} size={32} />
                                    <span className={styles.words}>
                                        <span className={styles.first}>
                                            <span className={styles.name}>{said.sender.name}</span>
                                            <time className={styles.time} dateTime={new Date(said.ts).toISOString()} title={format.dateTime(said.ts)}>{format.brief(said.ts)}</time>
                                        </span>
                                        <span className={styles.root}>{bodyLine(t, said.body)}</span>
                                    </span>
                                </>
                            ) : (
                                <span className={styles.root}>{t("pinned.missing")}</span>
                            )}
                        </button>
                        {room.can.pin && (
                            <span className={styles.unpin}>
                                <IconButton size="small" icon="pin-off" label={t("message.unpin")} onClick={() => { unpin(eventId); }} />
                            </span>
                        )}
                    </li>
                ))}
            </ul>
        </PanelFrame>
    );
}
