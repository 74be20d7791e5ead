/** Beginning a conversation with somebody. */
import { Banner, Dialog, EmptyState, Spinner, TextField } from "@veche/kit";
import { useState } from "react";
import { useEngine, useRouter, useT } from "../../app/context";
import { useTask } from "../../app/use_task";
import { PersonAvatar } from "../Avatars/Avatars";
import { useUi } from "../ui/ui_store";
import { usePeopleSearch } from "./use_people_search";
import styles from "./dialogs.module.css";

export default function NewChatDialog() {
    const t = useT();
    const ui = useUi();
    const router = useRouter();
    const { actions } = useEngine();
    const task = useTask();
    const [query, setQuery] = useState("");
    const { found, busy, error } = usePeopleSearch(query);
    const begin = async (userId: string) => {
        let roomId = "";
        const done = await task.run(async () => {
            roomId = await actions.direct(userId);
        });
        if (!done) return;
        ui.close();
        router.room(roomId);
    };
    return (
        <Dialog open onClose={ui.close} title={t("newChat.title")} closeLabel={t("common.close")} description={t("newChat.text")}>
            <div className={styles.stack}>
                <TextField label={t("newChat.search")} hideLabel placeholder={t("newChat.search")} type="search" icon="search" value={query} onChange={setQuery} autoFocus clearLabel={t("common.clear")} />
                {(task.error ?? error) !== null && <Banner tone="danger">{task.error ?? error}</Banner>}
                <ul className={styles.results} aria-busy={busy || task.busy || undefined}>
                    {found.map((person) => (
                        <li key={person.id}>
                            <button type="button" className={styles.result} disabled={task.busy} onClick={() => void begin(person.id)}>
                                <PersonAvatar id={person.id} name={person.name} picture={person.avatar} size={32} />
                                <span className={styles.words}>
                                    <span className={styles.name}>{person.name}</span>
                                    <span className={styles.hint}>{person.id}</span>
                                </span>
                            </button>
                        </li>
                    ))}
                    {busy && found.length === 0 && <li className={styles.center}><Spinner label={t("people.searching")} /></li>}
                    {!busy && found.length === 0 && <li><EmptyState icon="user" level={3} title={t("people.nobody")} text={t("newChat.nobodyText")} /></li>}
                </ul>
            </div>
        </Dialog>
    );
}
