//! Which pictures a call shows, and how large: pure functions, so that they can be tested without a browser.

import type { Participant, Picture } from "./live/participants";

/** A place on the stage: somebody, or what somebody shows. */
export interface Tile {
    readonly id: string;
    readonly kind: "person" | "screen";
    readonly participant: Participant;
    readonly picture: Picture | null;
}

export type Layout = "grid" | "spotlight";

export interface Stage {
    readonly layout: Layout;
    /** Shown large; null in a grid. */
    readonly main: Tile | null;
    readonly others: readonly Tile[];
    /** Between two people: oneself, small over the other one. */
    readonly corner: Tile | null;
    /** How many found no place. */
    readonly hidden: number;
}

interface Wanted {
    readonly layout: Layout;
    /** The tile that somebody wants to see large. */
    readonly pinned: string | null;
    /** Who spoke last. */
    readonly speaker: string | null;
    readonly tilesMax: number;
    /** There is room for a picture over another one. */
    readonly wide: boolean;
}

const personTile = (participant: Participant): Tile => ({ id: participant.identity, kind: "person", participant, picture: participant.camera });

const screenTile = (participant: Participant): Tile => ({ id: `${participant.identity} screen`, kind: "screen", participant, picture: participant.screen });

/** Those who must not be overlooked come first; otherwise everybody keeps the place at which he came. */
function rank({ participant: { local, handTs, camera, speaking } }: Tile): number {
    if (local) return 0;
    if (handTs !== null) return 1;
    if (speaking) return 2;
    return camera ? 3 : 4;
}

/** With few people nobody changes places: it would only make them look for each other. */
function arranged(tiles: readonly Tile[], max: number): readonly Tile[] {
    if (tiles.length <= max) return tiles;
    return tiles.map((tile, at) => ({ tile, at })).sort((a, b) => rank(a.tile) - rank(b.tile) || a.at - b.at).map(({ tile }) => tile);
}

/** Two people look at each other: the other one large, and oneself as in a mirror at the edge. */
function paired(people: readonly Tile[]): Pick<Stage, "main" | "corner"> | null {
    const other = people.find(({ participant }) => !participant.local);
    const corner = people.find(({ participant }) => participant.local);
    return other && corner && people.length === 2 ? { main: other, corner } : null;
}

export function stageOf(participants: readonly Participant[], { layout, pinned, speaker, tilesMax, wide }: Wanted): Stage {
    const people = participants.map(personTile);
    const screens = participants.filter(({ screen }) => screen !== null).map(screenTile);
    const all = [...screens, ...people];
    const byId = (id: string | null) => all.find((tile) => tile.id === id) ?? null;
    // One's own screen shown large to oneself is a hall of mirrors.
    const shown = screens.find(({ participant }) => !participant.local) ?? null;
    const asked = byId(pinned);
    if (layout === "grid" && !asked && !shown) {
        const pair = wide ? paired(all) : null;
        if (pair) return { layout, ...pair, others: [], hidden: 0 };
        const list = arranged(all, tilesMax);
        return { layout, main: null, corner: null, others: list.slice(0, tilesMax), hidden: Math.max(0, list.length - tilesMax) };
    }
    const main = asked ?? shown ?? byId(speaker) ?? people.find(({ participant }) => !participant.local) ?? people[0] ?? null;
    const rest = arranged(all.filter((tile) => tile.id !== main?.id), tilesMax);
    return { layout: "spotlight", main, corner: null, others: rest.slice(0, tilesMax), hidden: Math.max(0, rest.length - tilesMax) };
}

/** The half-columns of a grid in which a tile of the last row begins, so that the row stands in the middle; null: where it falls. */
export function startOf(index: number, count: number, columns: number): number | null {
    const inLast = count % columns;
    return inLast > 0 && index === count - inLast ? columns - inLast + 1 : null;
}

/** Columns and rows by which `count` pictures of this shape are the largest in this place. */
export function gridOf(count: number, width: number, height: number, shape = 16 / 9): { columns: number; rows: number } {
    let best = { columns: 1, rows: Math.max(1, count), side: 0 };
    for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
        const rows = Math.ceil(Math.max(1, count) / columns);
        const side = Math.min(width / columns, (height / rows) * shape);
        if (side > best.side) best = { columns, rows, side };
    }
    return { columns: best.columns, rows: best.rows };
}
