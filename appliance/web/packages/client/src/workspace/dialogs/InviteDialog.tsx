/** Inviting people into a room. */
import { Banner, Button, Dialog } from "@veche/kit";
import type { PersonFound } from "@veche/protocol/engine";
import { useState } from "react";
import { useEngine, useStore, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { useUi } from "../ui/ui_store";
import { PeopleField } from "./PeopleField";
import styles from "./dialogs.module.css";

export default function InviteDialog({ roomId }: { readonly roomId: string }) {
    const t = useT();
    const ui = useUi();
    const engine = useEngine();
    const room = useStore(engine.room(roomId));
    const task = useTask();
    const [people, setPeople] = useState<readonly PersonFound[]>([]);
    const invite = async () => {
        const ids = people.map((person) => person.id);
        if (await task.run(() => engine.actions.invite(roomId, ids))) ui.close();
    };
    return (
        <Dialog
            open
            onClose={ui.close}
            title={t("inviteDialog.title", { name: room.name })}
            closeLabel={t("common.close")}
            description={room.history === "joined" || room.history === "invited" ? t("inviteDialog.fromNow") : t("inviteDialog.history")}
            onSubmit={() => void invite()}
            actions={
                <>
                    <Button variant="ghost" onClick={ui.close}>
                        {t("common.cancel")}
                    </Button>
                    <Button type="submit" variant="primary" busy={task.busy} disabled={people.length === 0}>
                        {people.length === 0 ? t("panel.invite") : t("inviteDialog.submit", { count: people.length })}
                    </Button>
                </>
            }
        >
            <div className={styles.stack}>
                {task.error !== null && <Banner tone="danger">{task.error}</Banner>}
                <PeopleField label={t("newRoom.people")} chosen={people} onChange={setPeople} autoFocus />
            </div>
        </Dialog>
    );
}
