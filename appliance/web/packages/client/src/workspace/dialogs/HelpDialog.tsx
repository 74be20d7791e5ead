/** All keys that do something. */
import { Dialog, Kbd } from "@veche/kit";
import { useT } from "../../app/context";
import { useUi } from "../ui/ui_store";
import styles from "./dialogs.module.css";

const GROUPS = [
    {
        id: "go",
        keys: [
            ["Mod+K", "quick"],
            ["Mod+F", "searchRoom"],
            ["Mod+Shift+F", "search"],
            ["Mod+Shift+K", "newChat"],
            ["Alt+ArrowDown", "nextRoom"],
            ["Alt+ArrowUp", "previousRoom"],
            ["Alt+Shift+ArrowDown", "nextUnread"],
            ["Alt+Shift+ArrowUp", "previousUnread"],
            ["Mod+,", "settings"],
            ["?", "help"],
        ],
    },
    {
        id: "write",
        keys: [
            ["Enter", "send"],
            ["Shift+Enter", "newLine"],
            ["ArrowUp", "editLast"],
            ["Escape", "cancel"],
            ["@", "mention"],
            [":", "emoji"],
            ["Mod+B", "bold"],
            ["Mod+I", "italic"],
            ["Mod+E", "code"],
            ["Mod+Shift+X", "strike"],
        ],
    },
    {
        id: "call",
        keys: [
            ["M", "microphone"],
            ["Mod+D", "microphoneWriting"],
            ["V", "camera"],
            ["S", "screen"],
            ["H", "hand"],
        ],
    },
] as const;

export default function HelpDialog() {
    const t = useT();
    const ui = useUi();
    return (
        <Dialog open size="large" onClose={ui.close} title={t("help.title")} closeLabel={t("common.close")}>
            <div className={styles.keys}>
                {GROUPS.map(({ id, keys }) => (
                    <section key={id} className={styles.keyGroup}>
                        <h3 className={styles.keyTitle}>{t(`help.${id}`)}</h3>
                        {keys.map(([key, action]) => (
                            <div key={key} className={styles.keyRow}>
                                <span>{t(`help.${action}`)}</span>
                                <Kbd keys={key} />
                            </div>
                        ))}
                    </section>
                ))}
            </div>
        </Dialog>
    );
}
