/** One section of the list, which folds. */
import { Icon } from "@veche/kit";
import type { Section } from "@veche/protocol/engine";
import type { KeyboardEvent } from "react";
import { useServices, useSettings, useT } from "../../app/context";
import { InviteRow } from "./InviteRow";
import { RoomRow } from "./RoomRow";
import styles from "./RoomList.module.css";

export function SectionView({ section, current }: { readonly section: Section; readonly current: string | null }) {
    const t = useT();
    const { settings } = useServices();
    const folded = useSettings().foldedSections.includes(section.id);
    const toggle = () => {
        const others = settings.getSnapshot().foldedSections.filter((id) => id !== section.id);
        settings.change({ foldedSections: folded ? others : [...others, section.id] });
    };
    const unread = section.rooms.reduce((sum, room) => sum + room.unread, 0);
    // What asks for attention is seen in a folded section, too.
    const shown = folded ? section.rooms.filter((room) => room.id === current || room.mentions > 0) : section.rooms;
    return (
        <section aria-labelledby={`section-${section.id}`}>
            <button type="button" className={styles.section} aria-expanded={!folded} onClick={toggle} id={`section-${section.id}`}>
                <Icon name={folded ? "chevron-right" : "chevron-down"} size={12} />
                <span>{t(`section.${section.id}`)}</span>
                {folded && unread > 0 && <span className={styles.sectionCount}>{unread}</span>}
            </button>
            <ul onKeyDown={moveFocus}>
                {shown.map((room) =>
                    room.membership === "invite" ? (
                        <InviteRow key={room.id} room={room} />
                    ) : (
                        <RoomRow key={room.id} room={room} current={room.id === current} />
                    ),
                )}
            </ul>
        </section>
    );
}

/** The arrow keys go from room to room, over the edges of sections. */
function moveFocus(event: KeyboardEvent<HTMLUListElement>): void {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const list = event.currentTarget.closest("nav");
    const links = [...(list?.querySelectorAll<HTMLElement>("[data-room]") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (at < 0 || !next) return;
    event.preventDefault();
    next.focus();
}
