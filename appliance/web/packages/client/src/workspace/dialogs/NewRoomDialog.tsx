/** Making a room: a group, an open channel, a space. */
import { Banner, Button, Dialog, RadioGroup, Switch, TextArea, TextField } from "@veche/kit";
import type { PersonFound } from "@veche/protocol/engine";
import { useState } from "react";
import { useEngine, useRouter, useStore, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { useUi } from "../ui/ui_store";
import { PeopleField } from "./PeopleField";
import styles from "./dialogs.module.css";

export default function NewRoomDialog({ what }: { readonly what: "group" | "space" }) {
    const t = useT();
    const ui = useUi();
    const router = useRouter();
    const { actions, rooms } = useEngine();
    const { space } = useStore(rooms);
    const task = useTask();
    const [name, setName] = useState("");
    const [topic, setTopic] = useState("");
    const [kind, setKind] = useState<"group" | "channel">("group");
    const [announcements, setAnnouncements] = useState(false);
    const [people, setPeople] = useState<readonly PersonFound[]>([]);
    const isSpace = what === "space";
    const create = async () => {
        let roomId = "";
        const done = await task.run(async () => {
            roomId = await actions.create({
                name,
                topic,
                kind: isSpace ? "space" : kind,
                announcements: !isSpace && announcements,
                invite: people.map((person) => person.id),
                space: isSpace ? null : space,
            });
        });
        if (!done) return;
        ui.close();
        if (isSpace) rooms.setSpace(roomId);
        else router.room(roomId);
    };
    return (
        <Dialog
            open
            onClose={ui.close}
            title={isSpace ? t("newRoom.spaceTitle") : t("newRoom.title")}
            closeLabel={t("common.close")}
            description={isSpace ? t("newRoom.spaceText") : undefined}
            onSubmit={() => void create()}
            actions={
                <>
                    <Button variant="ghost" onClick={ui.close}>
                        {t("common.cancel")}
                    </Button>
                    <Button type="submit" variant="primary" busy={task.busy} disabled={name.trim() === ""}>
                        {t("newRoom.create")}
                    </Button>
                </>
            }
        >
            <div className={styles.stack}>
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                {!isSpace && <Kind kind={kind} onChange={setKind} />}
                <TextField label={t("newRoom.name")} value={name} onChange={setName} autoFocus required maxLength={255} />
                <TextArea label={t("newRoom.topic")} value={topic} onChange={setTopic} rows={2} rowsMax={5} maxLength={1000} />
                {!isSpace && (
                    <Switch label={t("newRoom.announcements")} hint={t("newRoom.announcementsHint")} checked={announcements} onChange={setAnnouncements} />
                )}
                <PeopleField label={t("newRoom.people")} chosen={people} onChange={setPeople} />
            </div>
        </Dialog>
    );
}

type RoomKind = "group" | "channel";

function Kind({ kind, onChange }: { readonly kind: RoomKind; readonly onChange: (kind: RoomKind) => void }) {
    const t = useT();
    return (
        <RadioGroup
            label={t("newRoom.kind")}
            hideLabel
            appearance="cards"
            value={kind}
            onChange={(value) => { onChange(value as RoomKind); }}
            options={[
                { value: "group", label: t("newRoom.group"), hint: t("newRoom.groupHint"), icon: "lock" },
                { value: "channel", label: t("newRoom.channel"), hint: t("newRoom.channelHint"), icon: "globe" },
            ]}
        />
    );
}
