/** Who has read a message, or who reacted with what. */
import { Dialog } from "@veche/kit";
import { useEngine, useI18n, useStore } from "../../app/context";
import { PersonAvatar } from "../Avatars/Avatars";
import { type Modal, useUi } from "../ui/ui_store";
import styles from "./dialogs.module.css";

type PeopleModal = Extract<Modal, { kind: "readBy" | "reactions" }>;

export default function PeopleDialog({ modal }: { readonly modal: PeopleModal }) {
    const { t, format } = useI18n();
    const ui = useUi();
    const engine = useEngine();
    const { items } = useStore(engine.timeline(modal.roomId, modal.threadId));
    const members = engine.members(modal.roomId);
    const found = items.find((item) => item.type === "message" && item.eventId === modal.eventId);
    if (found?.type !== "message") return null;
    const avatars = new Map(members.getSnapshot().members.map((member) => [member.id, member.avatar]));
    return (
        <Dialog open size="small" onClose={ui.close} title={modal.kind === "readBy" ? t("readBy.title", { count: found.readBy.length }) : t("reactions.title")} closeLabel={t("common.close")}>
            {modal.kind === "readBy" ? (
                <ul>
                    {[...found.readBy].sort((a, b) => b.ts - a.ts).map((mark) => (
                        <li key={mark.id} className={styles.result}>
                            <PersonAvatar id={mark.id} name={mark.name} picture={mark.avatar} size={32} />
                            <span className={styles.words}>
                                <span className={styles.name}>{mark.name}</span>
                                <span className={styles.hint}>{format.dateTime(mark.ts)}</span>
                            </span>
                        </li>
                    ))}
                </ul>
            ) : (
                found.reactions.map((reaction) => (
                    <section key={reaction.key}>
                        <h3 className={styles.heading}>{reaction.key}</h3>
                        <ul>
                            {reaction.by.map((person) => (
                                <li key={person.id} className={styles.result}>
                                    <PersonAvatar id={person.id} name={person.name} picture={avatars.get(person.id) ?? null} size={24} />
                                    <span className={styles.name}>{person.name}</span>
                                </li>
                            ))}
                        </ul>
                    </section>
                ))
            )}
        </Dialog>
    );
}
