/** Spaces, as a column of their own: departments of a company. Not there as long as there are none. */
import { IconButton, Tooltip, classes } from "@veche/kit";
import type { RoomEntry } from "@veche/protocol/engine";
import { useRoomList, useRunning, useServices, useT } from "../../app/context";
import { RoomAvatar } from "../Avatars/Avatars";
import { useUi } from "../ui/ui_store";
import styles from "./Rail.module.css";

/** The spaces, and choosing one; shared by the column and the strip on phones. */
export function useSpaces(): { spaces: readonly RoomEntry[]; space: string | null; choose: (space: string | null) => void } {
    const engine = useRunning();
    const { settings } = useServices();
    const { spaces, space } = useRoomList();
    const choose = (next: string | null) => {
        engine?.rooms.setSpace(next);
        settings.change({ space: next });
    };
    return { spaces, space, choose };
}

export function Rail() {
    const t = useT();
    const ui = useUi();
    const { spaces, space, choose } = useSpaces();
    if (spaces.length === 0) return null;
    return (
        <nav className={styles.rail} aria-label={t("spaces.label")}>
            <Tooltip text={t("spaces.all")} placement="end">
                <button type="button" className={styles.home} aria-pressed={space === null} onClick={() => { choose(null); }}>
                    <AllIcon />
                    <span className={styles.hidden}>{t("spaces.all")}</span>
                </button>
            </Tooltip>
            {spaces.map((entry) => (
                <Tooltip key={entry.id} text={entry.name} placement="end">
                    <button
                        type="button"
                        className={classes(styles.space)}
                        aria-pressed={space === entry.id}
                        aria-label={entry.name}
                        onClick={() => { choose(entry.id); }}
                    >
                        <RoomAvatar id={entry.id} name={entry.name} picture={entry.avatar} size={40} />
                    </button>
                </Tooltip>
            ))}
            <IconButton icon="add" label={t("spaces.new")} tooltip="end" onClick={() => { ui.open({ kind: "newRoom", what: "space" }); }} />
        </nav>
    );
}

/** All rooms: four of them. */
function AllIcon() {
    return (
        <svg width="20" height="20" viewBox="0 0 20 20" fill="currentColor" aria-hidden="true">
            <rect x="2" y="2" width="7" height="7" rx="2" />
            <rect x="11" y="2" width="7" height="7" rx="2" />
            <rect x="2" y="11" width="7" height="7" rx="2" />
            <rect x="11" y="11" width="7" height="7" rx="2" />
        </svg>
    );
}
