/** Name, topic and picture of a room. */
import { Banner, Button, TextArea, TextField } from "@veche/kit";
import type { RoomDetails } from "@veche/protocol/engine";
import { type SubmitEvent, useState } from "react";
import { useEngine, useT } from "../../../app/context";
import { useTask } from "../../../app/use_task";
import { PictureField } from "../../ui/PictureField";
import { RoomAvatar } from "../../Avatars/Avatars";
import styles from "./Info.module.css";

export function EditRoom({ room, onDone }: { readonly room: RoomDetails; readonly onDone: () => void }) {
    const t = useT();
    const { actions } = useEngine();
    const task = useTask();
    const [name, setName] = useState(room.name);
    const [topic, setTopic] = useState(room.topic ?? "");
    const save = async (event: SubmitEvent) => {
        event.preventDefault();
        const done = await task.run(async () => {
            if (room.can.name && name.trim() !== room.name) await actions.rename(room.id, name);
            if (room.can.topic && topic.trim() !== (room.topic ?? "")) await actions.setTopic(room.id, topic);
        });
        if (done) onDone();
    };
    return (
        <form className={styles.edit} onSubmit={(event) => void save(event)}>
            {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
            {room.can.avatar && (
                <PictureField
                    picture={<RoomAvatar id={room.seed} name={room.name} picture={room.avatar} size={80} />}
                    has={room.avatar !== null}
                    onChange={(file) => void task.run(() => actions.setAvatar(room.id, file))}
                />
            )}
            <TextField label={t("newRoom.name")} value={name} onChange={setName} disabled={!room.can.name} maxLength={255} />
            <TextArea label={t("newRoom.topic")} value={topic} onChange={setTopic} disabled={!room.can.topic} rows={2} rowsMax={6} maxLength={1000} />
            <div className={styles.editActions}>
                <Button variant="ghost" onClick={onDone}>
                    {t("common.cancel")}
                </Button>
                <Button type="submit" variant="primary" busy={task.busy} disabled={name.trim() === ""}>
                    {t("common.save")}
                </Button>
            </div>
        </form>
    );
}
