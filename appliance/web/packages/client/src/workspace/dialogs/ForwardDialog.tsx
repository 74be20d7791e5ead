/** Sending a message on to other rooms. */
import { Banner, Button, Checkbox, Dialog, TextField, useToasts } from "@veche/kit";
import { bodyOf } from "@veche/protocol/engine";
import { useState } from "react";
import { useEngine, useStore, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { PersonAvatar, RoomAvatar } from "../Avatars/Avatars";
import { bodyLine } from "../message/body_text";
import { useUi } from "../ui/ui_store";
import styles from "./dialogs.module.css";

export default function ForwardDialog({ roomId, eventId }: { readonly roomId: string; readonly eventId: string }) {
    const t = useT();
    const ui = useUi();
    const toasts = useToasts();
    const engine = useEngine();
    const { byId } = useStore(engine.rooms);
    const task = useTask();
    const [query, setQuery] = useState("");
    const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
    const event = engine.event(roomId, eventId);
    if (!event) return null;
    const body = bodyOf(event);
    const encryptedFile = "source" in body && body.source.encrypted !== null;
    const wanted = query.trim().toLocaleLowerCase();
    // All of them, whichever space the list shows; where something happened last comes first.
    const rooms = [...byId.values()]
        .sort((one, other) => other.ts - one.ts)
        .filter((room) => room.kind !== "space" && room.membership === "join" && room.name.toLocaleLowerCase().includes(wanted))
        .filter((room) => !encryptedFile || room.encrypted);
    const toggle = (id: string, on: boolean) => {
        const next = new Set(chosen);
        if (on) next.add(id);
        else next.delete(id);
        setChosen(next);
    };
    const forward = async () => {
        if (!(await task.run(() => engine.actions.forward(event, [...chosen])))) return;
        ui.close();
        toasts.show({ tone: "success", text: t("forward.done", { count: chosen.size }) });
    };
    return (
        <Dialog
            open
            onClose={ui.close}
            title={t("forward.title")}
            closeLabel={t("common.close")}
            onSubmit={() => void forward()}
            actions={
                <Button type="submit" variant="primary" icon="forward" busy={task.busy} disabled={chosen.size === 0}>
                    {chosen.size === 0 ? t("forward.title") : t("forward.submit", { count: chosen.size })}
                </Button>
            }
        >
            <div className={styles.stack}>
                <p className={styles.quote}>{bodyLine(t, body)}</p>
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                {encryptedFile && <Banner tone="info">{t("forward.encryptedOnly")}</Banner>}
                <TextField label={t("forward.search")} hideLabel placeholder={t("forward.search")} type="search" icon="search" value={query} onChange={setQuery} autoFocus clearLabel={t("common.clear")} />
                <ul className={styles.results}>
                    {rooms.map((room) => (
                        <li key={room.id} className={styles.result}>
                            {room.kind === "direct" ? (
                                <PersonAvatar id={room.seed} name={room.name} picture={room.avatar} size={32} />
                            ) : (
                                <RoomAvatar id={room.seed} name={room.name} picture={room.avatar} size={32} />
                            )}
                            <Checkbox label={room.name} checked={chosen.has(room.id)} onChange={(on) => { toggle(room.id, on); }} />
                        </li>
                    ))}
                </ul>
            </div>
        </Dialog>
    );
}
