//! The list of rooms as it was shown last, sealed like everything else: pages show it at once, long before the SDK has started.

import { coalesced } from "../base/coalesce";
import type { Scope } from "../base/scope";
import type { Store } from "../base/store";
import type { Records } from "../offline/records";
import type { RoomEntry, RoomListState, Section } from "./room_list_store";

const [DRAWER, NAME] = ["sync", "list"];

/** How far what is kept may be behind what is shown. */
const WRITE_AFTER_MS = 300;

/** Who I am, as the list says it. */
export interface Me {
    readonly userId: string;
    readonly name: string;
    readonly avatar: string | null;
}

export interface ListSnapshot {
    readonly me: Me;
    readonly rooms: RoomListState;
}

/** What is kept of it: each room once. */
interface Kept {
    readonly me: Me;
    readonly rooms: readonly RoomEntry[];
    readonly sections: readonly (Omit<Section, "rooms"> & { readonly ids: readonly string[] })[];
    readonly spaces: readonly string[];
    readonly space: string | null;
    readonly unread: number;
    readonly mentions: number;
}

const idOf = (room: RoomEntry): string => room.id;

/** What holds for a moment only, and would be a lie at the next visit, is left out. */
const lasting = (room: RoomEntry): RoomEntry => ({ ...room, presence: null, typing: [] });

/** Keeps the list for the next visit. */
function writeListSnapshot(records: Records, { me, rooms }: ListSnapshot): Promise<void> {
    const kept: Kept = {
        me,
        rooms: [...rooms.byId.values()].map(lasting),
        sections: rooms.sections.map(({ rooms: listed, ...section }) => ({ ...section, ids: listed.map(idOf) })),
        spaces: rooms.spaces.map(idOf),
        space: rooms.space,
        unread: rooms.unread,
        mentions: rooms.mentions,
    };
    return records.put(DRAWER, NAME, kept);
}

/** Keeps the list as it changes. */
export class ListKeeper {
    readonly #records: Records;
    readonly #look: () => ListSnapshot;
    readonly #later = coalesced(WRITE_AFTER_MS, () => {
        this.#writing = this.#write();
    });
    #writing = Promise.resolve();

    constructor(records: Records, me: Store<Me>, rooms: Store<RoomListState>, scope: Scope) {
        this.#records = records;
        this.#look = () => {
            const { userId, name, avatar } = me.getSnapshot();
            return { me: { userId, name, avatar }, rooms: rooms.getSnapshot() };
        };
        scope.add(me.subscribe(this.#later));
        scope.add(rooms.subscribe(this.#later));
    }

    /** Writes what is to be written. */
    async close(): Promise<void> {
        this.#later.flush();
        await this.#writing;
    }

    async #write(): Promise<void> {
        const list = this.#look();
        // A full disk: the next visit shows an older list until the rooms are there.
        if (list.rooms.ready) await writeListSnapshot(this.#records, list).catch(() => undefined);
    }
}

/** The list of the last visit; null when there is none that can be read. */
export async function readListSnapshot(records: Records): Promise<ListSnapshot | null> {
    try {
        const kept = await records.get<Kept>(DRAWER, NAME);
        return kept ? unfolded(kept) : null;
    } catch {
        // It is only ever a picture of what comes anyway.
        return null;
    }
}

function unfolded({ me, rooms, sections, spaces, ...counts }: Kept): ListSnapshot {
    const byId = new Map(rooms.map((room) => [room.id, room]));
    const found = (ids: readonly string[]) => ids.map((id) => byId.get(id)).filter((room) => room !== undefined);
    return {
        me,
        rooms: {
            ready: true,
            sections: sections.map(({ ids, ...section }) => ({ ...section, rooms: found(ids) })),
            spaces: found(spaces),
            ...counts,
            byId,
        },
    };
}
