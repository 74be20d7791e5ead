/** Open channels that anybody here may enter. */
import { Badge, Banner, Dialog, EmptyState, Spinner, TextField } from "@veche/kit";
import type { PublicRoom } from "@veche/protocol/engine";
import { useEffect, useState } from "react";
import { useEngine, useRouter, useT } from "../../app/context";
import { thrownText } from "../../app/problems";
import { useTask } from "../../app/use_task";
import { RoomAvatar } from "../Avatars/Avatars";
import { useUi } from "../ui/ui_store";
import styles from "./dialogs.module.css";

const PAUSE_MS = 250;

export default function BrowseDialog() {
    const t = useT();
    const ui = useUi();
    const router = useRouter();
    const { actions } = useEngine();
    const task = useTask();
    const [query, setQuery] = useState("");
    const [rooms, setRooms] = useState<readonly PublicRoom[] | null>(null);
    const [error, setError] = useState<string | null>(null);
    useEffect(() => {
        let here = true;
        const timer = setTimeout(() => {
            actions.directory(query).then(
                (found) => {
                    if (!here) return;
                    setRooms(found);
                    setError(null);
                },
                (thrown: unknown) => {
                    if (here) setError(thrownText(t, thrown));
                },
            );
        }, PAUSE_MS);
        return () => {
            here = false;
            clearTimeout(timer);
        };
    }, [actions, query, t]);
    const enter = async (room: PublicRoom) => {
        const done = room.joined || (await task.run(() => actions.enter(room.id)));
        if (!done) return;
        ui.close();
        router.room(room.id);
    };
    return (
        <Dialog open onClose={ui.close} title={t("browse.title")} closeLabel={t("common.close")} description={t("browse.text")}>
            <div className={styles.stack}>
                <TextField label={t("browse.search")} hideLabel placeholder={t("browse.search")} type="search" icon="search" value={query} onChange={setQuery} autoFocus clearLabel={t("common.clear")} />
                {(task.error ?? error) !== null && <Banner tone="danger">{task.error ?? error}</Banner>}
                <ul className={styles.results} aria-busy={rooms === null || undefined}>
                    {rooms?.map((room) => (
                        <li key={room.id}>
                            <button type="button" className={styles.result} disabled={task.busy} onClick={() => void enter(room)}>
                                <RoomAvatar id={room.id} name={room.name} picture={room.avatar} size={40} />
                                <span className={styles.words}>
                                    <span className={styles.name}>{room.name}</span>
                                    <span className={styles.hint}>
                                        {t("room.members", { count: room.members })}
                                        {room.topic !== null && ` · ${room.topic}`}
                                    </span>
                                </span>
                                {room.space && <Badge>{t("browse.space")}</Badge>}
                                <Badge tone={room.joined ? "success" : "accent"}>{room.joined ? t("browse.joined") : t("browse.join")}</Badge>
                            </button>
                        </li>
                    ))}
                    {rooms === null && error === null && <li className={styles.center}><Spinner label={t("common.loading")} /></li>}
                    {rooms?.length === 0 && <li><EmptyState icon="hash" level={3} title={t("browse.emptyTitle")} text={t("browse.emptyText")} /></li>}
                </ul>
            </div>
        </Dialog>
    );
}
