import "fake-indexeddb/auto";
import { describe, expect, test, vi } from "vitest";
import { Archive, type Messages, type RawEvent } from "./archive";
import { offlineFetch, planOf } from "./offline_fetch";
import { RoomHistory, type SavedHistory } from "./room_history";
import { Shelf } from "./shelf";
import { emptyRecords } from "./testing";

const ROOM = "!r:b";

const event = (id: string, more: object = {}): RawEvent =>
    ({ event_id: id, type: "m.room.message", sender: "@anna:b", origin_server_ts: 1, content: { body: `text of ${id}` }, unsigned: {}, ...more });

const events = (...ids: string[]) => ids.map((id) => event(id));
const ids = (chunk: readonly RawEvent[] | undefined) => chunk?.map(({ event_id: id }) => id);

/** A sync in which these events came to the room. */
const sync = (list: RawEvent[], prevBatch: string, limited = false) =>
    ({ next_batch: "n", account_data: { events: [] }, rooms: { join: { [ROOM]: { timeline: { events: list, prev_batch: prevBatch, limited } } }, invite: {}, leave: {}, knock: {} } }) as never;

describe("the order of a room's events", () => {
    test("grows by what comes, and by pages that join", () => {
        const history = new RoomHistory();
        history.arrived(["d", "e"], "t1", true);
        history.arrived(["f"], "t2", false);
        history.add({ ids: ["a", "b", "c"], older: "t0", newer: "t1" });
        // "t1" is behind "c" and before "d": they follow one another.
        expect(history.before("t2", 2)).toMatchObject({ ids: ["e", "d"], token: "t1" });
        expect(history.before("t1", 2)).toMatchObject({ ids: ["c", "b"], token: "veche<b" });
        expect(history.before("veche<b", 9)).toMatchObject({ ids: ["a"], token: "t0" });
        history.add({ ids: ["x", "a"], older: null, newer: null });
        expect(history.before("t2", 9)).toMatchObject({ ids: ["e", "d", "c", "b", "a", "x"], token: "veche<x" });
        expect(history.after("t1", 2)).toMatchObject({ ids: ["d", "e"], token: "t2" });
        expect(history.around("d", 4)).toMatchObject({ before: { ids: ["c", "b"] }, after: { ids: ["e", "f"], token: null } });
    });

    test("has a gap where something was left out", () => {
        const history = new RoomHistory();
        history.arrived(["a"], "t0", true);
        history.arrived(["z"], "t9", true);
        expect(history.before("t9", 9)?.ids).toEqual([]);
        expect(history.around("a", 9)?.after.ids).toEqual([]);
        expect(history.before("unknown", 9)).toBeNull();
    });

    test("is the same after it was written and read, and loses its oldest when there is too much", () => {
        const history = new RoomHistory();
        history.add({ ids: ["a", "b"], older: "t0", newer: null });
        history.arrived(["x", "y"], "t1", true);
        const again = new RoomHistory(JSON.parse(JSON.stringify(history.saved)) as SavedHistory);
        expect(again.before("veche>y", 9)).toMatchObject({ ids: ["y", "x"], token: "t1" });
        expect(again.trim(3)).toEqual(["a"]);
        expect(again.before("t0", 9)).toBeNull();
        again.arrived(["z"], "t2", false);
        expect(again.before("veche>z", 9)?.ids).toEqual(["z", "y", "x"]);
    });
});

describe("the archive", () => {
    test("answers what came by sync and what was scrolled to, also at the next visit", async () => {
        const { records, again } = await emptyRecords();
        const archive = new Archive(records);
        archive.synced(sync(events("c", "d"), "t1", true));
        const member = event("m", { type: "m.room.member", state_key: "@anna:b" });
        await archive.paged(ROOM, true, "t1", { chunk: [...events("b", "a"), event("new", { type: "m.room.create" })], end: "t0", state: [member] });
        await archive.close();
        const later = new Archive(await again());
        const page = await later.messages(ROOM, true, "t1", 10);
        expect(ids(page?.chunk)).toEqual(["b", "a", "new"]);
        // It is the beginning of the room: nothing is older.
        expect(page?.end).toBeUndefined();
        expect(page?.state).toEqual([member]);
        const context = await later.context(ROOM, "c", 4);
        expect([ids(context?.events_before), context?.event.event_id, ids(context?.events_after)]).toEqual([["b", "a"], "c", ["d"]]);
        expect((await later.event("d"))?.content).toEqual({ body: "text of d" });
        expect(await later.context(ROOM, "unknown")).toBeNull();
    });

    test("keeps nothing of what was deleted for all", async () => {
        const { records } = await emptyRecords();
        const archive = new Archive(records);
        archive.synced(sync(events("a"), "t1", true));
        archive.synced(sync([event("r", { type: "m.room.redaction", redacts: "a", content: { redacts: "a" } })], "t2"));
        const kept = await archive.event("a");
        expect(kept?.content).toEqual({});
        expect(kept?.unsigned).toMatchObject({ redacted_because: { event_id: "r" } });
    });

    test("forgets a room that was left", async () => {
        const { records } = await emptyRecords();
        const archive = new Archive(records);
        archive.synced(sync(events("a"), "t1", true));
        archive.synced({ next_batch: "n", rooms: { leave: { [ROOM]: {} } } } as never);
        expect(await archive.event("a")).toBeNull();
        expect((await records.all("events")).size).toBe(0);
    });
});

describe("what the SDK asks the server", () => {
    const BASE = "https://b";
    const messages = `${BASE}/_matrix/client/v3/rooms/${encodeURIComponent(ROOM)}/messages`;

    async function connection() {
        vi.stubGlobal("location", { href: BASE });
        const { records } = await emptyRecords();
        const archive = new Archive(records);
        const answers = new Shelf(records, "answers", { bytesMax: 10_000, itemBytesMax: 10_000 });
        const network = vi.fn<typeof fetch>();
        const asked = offlineFetch(archive, answers, network);
        const offline = () => network.mockRejectedValue(new TypeError("Failed to fetch"));
        return { archive, network, asked, offline };
    }

    test("is answered from here when there is no network, if it was answered before", async () => {
        const { network, asked, offline, archive } = await connection();
        const page: Messages = { chunk: events("b", "a"), start: "t1", end: "t0" };
        network.mockResolvedValueOnce(Response.json(page)).mockResolvedValueOnce(Response.json({ displayname: "Anna" }));
        await asked(`${messages}?from=t1&dir=b&limit=20`);
        await asked(`${BASE}/_matrix/client/v3/profile/@anna:b`);
        await archive.event("a");
        offline();
        expect(ids(((await (await asked(`${messages}?from=t1&dir=b&limit=20`)).json()) as Messages).chunk)).toEqual(["b", "a"]);
        expect(await (await asked(`${BASE}/_matrix/client/v3/profile/@anna:b`)).json()).toEqual({ displayname: "Anna" });
        await expect(asked(`${messages}?from=t7&dir=b`)).rejects.toThrow("Failed to fetch");
        await expect(asked(`${BASE}/_matrix/client/v3/sync`)).rejects.toThrow("Failed to fetch");
    });

    test("a position that was named here is asked for by the server's name", async () => {
        const { network, asked } = await connection();
        network.mockResolvedValueOnce(Response.json({ event: event("b"), start: "s1", end: "s2" })).mockResolvedValueOnce(Response.json({ chunk: [] }));
        await asked(`${messages}?from=${encodeURIComponent("veche<b")}&dir=b&limit=20`);
        const [context, page] = network.mock.calls.map(([url]) => url as string);
        expect(context).toBe(`${BASE}/_matrix/client/v3/rooms/${encodeURIComponent(ROOM)}/context/b?limit=0`);
        expect(new URL(page ?? "").searchParams.get("from")).toBe("s1");
    });

    test("only whole pages of history are kept", () => {
        expect(planOf(new URL(`${messages}?from=a&dir=b&filter={"lazy_load_members":true}`))?.kind).toBe("messages");
        expect(planOf(new URL(`${messages}?from=a&dir=b&filter={"types":["m.room.message"]}`))).toBeNull();
        expect(planOf(new URL(`${BASE}/_matrix/client/v3/keys/query`))).toBeNull();
    });
});

describe("a shelf", () => {
    const bytes = (size: number) => new Uint8Array(size).fill(7);

    test("lets the item go that was used longest ago, and keeps none that is too large", async () => {
        const { records, again } = await emptyRecords();
        let nowMs = 0;
        const limits = { bytesMax: 250, itemBytesMax: 200 };
        const shelf = new Shelf(records, "files", limits, () => ++nowMs);
        await shelf.put("a", bytes(100));
        await shelf.put("b", bytes(100));
        expect(await shelf.get("a")).toEqual(bytes(100));
        await shelf.put("c", bytes(100));
        await shelf.put("huge", bytes(201));
        expect([await shelf.get("a"), await shelf.get("b"), await shelf.get("c"), await shelf.get("huge")].map(Boolean)).toEqual([true, false, true, false]);
        await shelf.close();
        const later = new Shelf(await again(), "files", limits);
        expect(await later.get("c")).toEqual(bytes(100));
        expect((await records.database.keys("files")).length).toBe(2);
    });

    test("keeps nothing for ever that it does not know of", async () => {
        const { records, again } = await emptyRecords();
        await records.putBytes("files", "stray", bytes(10));
        const shelf = new Shelf(await again(), "files", { bytesMax: 100, itemBytesMax: 100 });
        expect(await shelf.get("stray")).toBeNull();
        expect(await records.database.keys("files")).toEqual([]);
    });
});
