/** Which of many names somebody means by a few letters. */
import type { RoomEntry } from "@veche/protocol/engine";

/** How well a name fits: less is better; null: not at all. */
export function rank(name: string, query: string): number | null {
    const text = name.toLocaleLowerCase();
    const wanted = query.trim().toLocaleLowerCase();
    if (wanted === "") return 0;
    if (text === wanted) return 0;
    if (text.startsWith(wanted)) return 1;
    const words = wanted.split(/\s+/);
    const parts = text.split(/[\s._-]+/);
    // Each typed word begins a word of the name: "an ma" is Anna Maria.
    if (words.every((word) => parts.some((part) => part.startsWith(word)))) return 2;
    return text.includes(wanted) ? 3 : null;
}

/** The best fits, of equals those with something unread and then the most recent. */
export function ranked(rooms: readonly RoomEntry[], query: string, max: number): RoomEntry[] {
    const found: { readonly room: RoomEntry; readonly rank: number }[] = [];
    for (const room of rooms) {
        const best = [rank(room.name, query), room.userId === null ? null : rank(room.userId.slice(1), query)].filter((value) => value !== null);
        if (best.length > 0) found.push({ room, rank: Math.min(...best) });
    }
    const attention = ({ room }: { room: RoomEntry }) => (room.mentions > 0 ? 2 : room.unread > 0 ? 1 : 0);
    found.sort((a, b) => a.rank - b.rank || attention(b) - attention(a) || b.room.ts - a.room.ts);
    return found.slice(0, max).map(({ room }) => room);
}
