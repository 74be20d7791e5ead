/** The list of rooms, with who I am above it. */
import { Button, EmptyState, IconButton, Kbd, Menu, MenuItem, Skeleton } from "@veche/kit";
import { startTransition, useEffect, useMemo, useState } from "react";
import type { Section } from "@veche/protocol/engine";
import { useRoomList, useRoute, useRunning, useT } from "../../app/context";
import { EncryptionBanner } from "../setup/EncryptionBanner";
import { useSpaces } from "../Rail/Rail";
import { useUi } from "../ui/ui_store";
import { AccountMenu } from "./AccountMenu";
import { ConnectionBar } from "./ConnectionBar";
import { SectionView } from "./SectionView";
import styles from "./RoomList.module.css";

export function RoomList() {
    const t = useT();
    const ui = useUi();
    return (
        <nav className={styles.list} aria-label={t("list.label")}>
            <header className={styles.head}>
                <AccountMenu />
                <NewMenu />
            </header>
            <button type="button" className={styles.search} onClick={() => { ui.open({ kind: "quick" }); }}>
                <SearchLabel />
                <span className={styles.keys} aria-hidden="true">
                    <Kbd keys="Mod+K" />
                </span>
            </button>
            <SpaceStrip />
            <ConnectionBar />
            {useRunning() && <EncryptionBanner />}
            <Sections />
        </nav>
    );
}

function SearchLabel() {
    const t = useT();
    return (
        <>
            <svg width="16" height="16" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
                <circle cx="10.5" cy="10.5" r="6.5" />
                <path d="M15.5 15.5l5 5" strokeLinecap="round" />
            </svg>
            <span>{t("list.search")}</span>
        </>
    );
}

function NewMenu() {
    const t = useT();
    const ui = useUi();
    return (
        <Menu label={t("list.new")} trigger={<IconButton icon="add" label={t("list.new")} variant="secondary" />} placement="bottom-end">
            <MenuItem icon="user" shortcut="Mod+Shift+K" onSelect={() => { ui.open({ kind: "newChat" }); }}>
                {t("list.newChat")}
            </MenuItem>
            <MenuItem icon="users" onSelect={() => { ui.open({ kind: "newRoom", what: "group" }); }}>
                {t("list.newRoom")}
            </MenuItem>
            <MenuItem icon="hash" onSelect={() => { ui.open({ kind: "browse" }); }}>
                {t("list.browse")}
            </MenuItem>
            <MenuItem icon="building" onSelect={() => { ui.open({ kind: "newRoom", what: "space" }); }}>
                {t("list.newSpace")}
            </MenuItem>
        </Menu>
    );
}

/** Spaces where there is no room for a column of them. */
function SpaceStrip() {
    const t = useT();
    const { spaces, space, choose } = useSpaces();
    if (spaces.length === 0) return null;
    return (
        <div className={styles.strip} role="group" aria-label={t("spaces.label")}>
            {[{ id: null, name: t("spaces.all") }, ...spaces].map((entry) => (
                <button key={entry.id} type="button" className={styles.chip} aria-pressed={space === entry.id} onClick={() => { choose(entry.id); }}>
                    {entry.name}
                </button>
            ))}
        </div>
    );
}

/** Rooms that fill a large screen; those behind them are drawn when these can be seen. */
const FIRST_ROWS = 24;

/** How many rooms are drawn: a screenful at first, then all. */
function useRowsMax(): number {
    const [max, setMax] = useState(FIRST_ROWS);
    useEffect(() => {
        startTransition(() => {
            setMax(Infinity);
        });
    }, []);
    return max;
}

/** The first rooms over all sections. */
function firstOf(sections: readonly Section[], max: number): readonly Section[] {
    if (max === Infinity) return sections;
    let left = max;
    return sections.map((section) => {
        const rooms = section.rooms.slice(0, left);
        left -= rooms.length;
        return { ...section, rooms };
    });
}

function Sections() {
    const t = useT();
    const ui = useUi();
    const route = useRoute();
    const { ready, sections, space } = useRoomList();
    const shown = firstOf(sections, useRowsMax());
    const current = route.page === "room" ? route.roomId : null;
    const widths = useMemo(() => ["70%", "55%", "80%", "60%", "75%"], []);
    if (!ready) {
        return (
            <div className={styles.loading}>
                {widths.map((width) => (
                    <Skeleton key={width} width={width} />
                ))}
            </div>
        );
    }
    if (sections.length === 0) {
        return (
            <EmptyState
                icon="chat"
                level={2}
                title={space === null ? t("list.emptyTitle") : t("list.emptySpaceTitle")}
                text={space === null ? t("list.emptyText") : t("list.emptySpaceText")}
                action={
                    <div className={styles.begin} data-all={space === null || undefined}>
                        {space === null && (
                            <Button variant="primary" icon="user-add" onClick={() => { ui.open({ kind: "newChat" }); }}>
                                {t("list.newChat")}
                            </Button>
                        )}
                        <Button icon="hash" onClick={() => { ui.open({ kind: "browse" }); }}>
                            {t("list.browse")}
                        </Button>
                    </div>
                }
            />
        );
    }
    return (
        <div className={styles.sections}>
            {shown.map((section) => (
                <SectionView key={section.id} section={section} current={current} />
            ))}
        </div>
    );
}

