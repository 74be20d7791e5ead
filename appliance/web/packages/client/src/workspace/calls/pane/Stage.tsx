/** The pictures of a call: all alike, or one large and the others beside it. */
import type { CallState } from "@veche/protocol/engine";
import { type Layout, type Tile, gridOf, stageOf, startOf } from "@veche/protocol/calls";
import { useRef, useState } from "react";
import { useT } from "../../../app/context";
import { TileView } from "./TileView";
import { useSize } from "./use_size";
import styles from "./Stage.module.css";

const TILES_MAX = 16;
const TILES_MAX_NARROW = 6;
const NARROW_PX = 600;

/** Who spoke last stays large while nobody speaks. */
export function useSpeaker({ participants }: CallState): string | null {
    const [last, setLast] = useState<string | null>(null);
    const now = participants.find(({ speaking, local }) => speaking && !local)?.identity ?? null;
    if (now !== null && now !== last && !participants.some(({ identity, speaking }) => identity === last && speaking)) setLast(now);
    return last;
}

export function Stage({ state, layout }: { readonly state: CallState; readonly layout: Layout }) {
    const t = useT();
    const place = useRef<HTMLDivElement>(null);
    const { width, height } = useSize(place);
    const [pinned, setPinned] = useState<string | null>(null);
    const speaker = useSpeaker(state);
    const tilesMax = width < NARROW_PX ? TILES_MAX_NARROW : TILES_MAX;
    const { main, corner, others, hidden } = stageOf(state.participants, { layout, pinned, speaker, tilesMax, wide: width > Math.max(height, NARROW_PX) });
    const view = (tile: Tile, size: "small" | "medium" | "large") => <TileView key={tile.id} tile={tile} pinned={tile.id === pinned} onPin={setPinned} size={size} />;
    const more = hidden > 0 ? <div className={styles.hidden}>{t("call.hidden", { count: hidden })}</div> : null;
    if (main === null) {
        const shape = width < height ? 3 / 4 : 16 / 9;
        const cells = [...others.map((tile) => ({ id: tile.id, content: view(tile, "medium") })), ...(more ? [{ id: "more", content: more }] : [])];
        const { columns, rows } = gridOf(cells.length, width, height, shape);
        return (
            <div ref={place} className={styles.grid} style={{ gridTemplate: `repeat(${rows}, minmax(0, 1fr)) / repeat(${columns * 2}, minmax(0, 1fr))` }}>
                {cells.map(({ id, content }, at) => (
                    <div key={id} className={styles.cell} style={{ gridColumn: `${startOf(at, cells.length, columns) ?? "auto"} / span 2` }}>
                        {content}
                    </div>
                ))}
            </div>
        );
    }
    if (corner) {
        return (
            <div ref={place} className={styles.pair}>
                <div className={styles.main}>{view(main, "large")}</div>
                <div className={styles.corner}>{view(corner, "small")}</div>
            </div>
        );
    }
    return (
        <div ref={place} className={styles.spotlight} data-wide={width > height || undefined}>
            <div className={styles.main} data-large>
                {view(main, "large")}
            </div>
            {(others.length > 0 || more) && (
                <div className={styles.strip}>
                    {others.map((tile) => view(tile, "small"))}
                    {more}
                </div>
            )}
        </div>
    );
}
