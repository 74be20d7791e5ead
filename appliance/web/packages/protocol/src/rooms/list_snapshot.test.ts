import "fake-indexeddb/auto";
import { describe, expect, test } from "vitest";
import { Scope } from "../base/scope";
import { Cell } from "../base/store";
import { emptyRecords } from "../offline/testing";
import { ListKeeper, type Me, readListSnapshot } from "./list_snapshot";
import type { RoomEntry, RoomListState } from "./room_list_store";

const room = (id: string, more: Partial<RoomEntry> = {}): RoomEntry => ({
    id, name: id, seed: id, avatar: null, kind: "room", userId: null, presence: null, membership: "join", inviter: null, encrypted: false,
    open: false, favourite: false, lowPriority: false, unread: 0, mentions: 0, marked: false, mode: "default", preview: null, typing: [], ts: 0, ...more,
});

const list = (...rooms: RoomEntry[]): RoomListState => ({
    ready: true,
    sections: [{ id: "rooms", rooms: rooms.filter(({ kind }) => kind === "room") }],
    spaces: rooms.filter(({ kind }) => kind === "space"),
    space: null,
    unread: 3,
    mentions: 1,
    byId: new Map(rooms.map((entry) => [entry.id, entry])),
});

const ME: Me = { userId: "@a:b", name: "Anna", avatar: null };

/** What a visit shows, and what the next one finds of it. */
async function visit(shown: RoomListState) {
    const { records, again } = await emptyRecords();
    const scope = new Scope();
    const rooms = new Cell<RoomListState>({ ...list(), ready: false });
    const keeper = new ListKeeper(records, new Cell(ME), rooms, scope);
    rooms.set(shown);
    await keeper.close();
    scope.close();
    return readListSnapshot(await again());
}

describe("the list of the last visit", () => {
    test("is as it was shown, each room one and the same object wherever it stands", async () => {
        const shown = list(room("!a", { unread: 3 }), room("!s", { kind: "space" }));
        const found = await visit(shown);
        expect(found).toEqual({ me: ME, rooms: shown });
        expect(found?.rooms.sections[0]?.rooms[0]).toBe(found?.rooms.byId.get("!a"));
    });

    test("says nothing of what holds for a moment only", async () => {
        const found = await visit(list(room("!a", { typing: ["Boris"], presence: "online" })));
        expect(found?.rooms.byId.get("!a")).toMatchObject({ typing: [], presence: null });
    });

    test("is not there before rooms have been shown", async () => {
        expect(await visit({ ...list(room("!a")), ready: false })).toBeNull();
    });

    test("is not there if what was kept cannot be understood", async () => {
        const { records } = await emptyRecords();
        await records.put("sync", "list", { me: ME, rooms: 7 });
        expect(await readListSnapshot(records)).toBeNull();
    });
});
