import "fake-indexeddb/auto";
import { describe, expect, test } from "vitest";
import { SyncBackend } from "./sync_backend";
import { emptyRecords } from "./testing";

const event = (id: string) => ({ event_id: id, type: "m.room.message", sender: "@a:b", origin_server_ts: 1, content: { body: id } });

/** A sync in which these rooms got an event each. */
const sync = (batch: string, rooms: Record<string, string>, rest: object = {}) =>
    ({
        next_batch: batch,
        account_data: { events: [{ type: "m.direct", content: { batch } }] },
        rooms: {
            join: Object.fromEntries(Object.entries(rooms).map(([roomId, id]) => [roomId, { timeline: { events: [event(id)], prev_batch: `before ${id}` }, state: { events: [] }, ephemeral: { events: [] }, account_data: { events: [] } }])),
            invite: {},
            leave: {},
            knock: {},
            ...rest,
        },
    }) as never;

const timelines = async (backend: SyncBackend) => {
    const saved = await backend.getSavedSync();
    return Object.fromEntries(Object.entries(saved?.roomsData.join ?? {}).map(([id, room]) => [id, room.timeline.events.map((each) => (each as { event_id: string }).event_id)]));
};

describe("what came by sync", () => {
    test("is there at the next visit, with the position that it fits", async () => {
        const { records, again } = await emptyRecords();
        const first = new SyncBackend(records);
        await first.connect();
        expect([await first.isNewlyCreated(), await first.getSavedSync()]).toEqual([true, null]);
        await first.setSyncData(sync("n1", { "!a": "$1", "!b": "$2" }));
        await first.setSyncData(sync("n2", { "!a": "$3" }));
        await first.syncToDatabase([["@a:b", { type: "m.presence", content: { presence: "online" } }]]);
        const second = new SyncBackend(await again());
        await second.connect();
        expect(await timelines(second)).toEqual({ "!a": ["$1", "$3"], "!b": ["$2"] });
        expect([await second.isNewlyCreated(), await second.getNextBatchToken()]).toEqual([false, "n2"]);
        expect((await second.getSavedSync())?.accountData).toMatchObject([{ content: { batch: "n2" } }]);
        expect(await second.getUserPresenceEvents()).toMatchObject([["@a:b", { content: { presence: "online" } }]]);
    });

    test("of one room is written without the others", async () => {
        const { records } = await emptyRecords();
        const backend = new SyncBackend(records);
        await backend.connect();
        await backend.setSyncData(sync("n1", { "!a": "$1", "!b": "$2" }));
        await backend.syncToDatabase([]);
        await records.delete("rooms", "!b");
        await backend.setSyncData(sync("n2", { "!a": "$3" }));
        await backend.syncToDatabase([]);
        expect([...(await records.all("rooms")).keys()]).toEqual(["!a"]);
    });

    test("goes with a room that was left", async () => {
        const { records, again } = await emptyRecords();
        const backend = new SyncBackend(records);
        await backend.connect();
        await backend.setSyncData(sync("n1", { "!a": "$1", "!b": "$2" }));
        await backend.syncToDatabase([]);
        await backend.setSyncData(sync("n2", {}, { leave: { "!b": { timeline: { events: [] }, state: { events: [] }, account_data: { events: [] } } } }));
        await backend.syncToDatabase([]);
        const second = new SyncBackend(await again());
        await second.connect();
        expect(await timelines(second)).toEqual({ "!a": ["$1"] });
    });
});

test("messages to devices wait in their order", async () => {
    const { records, again } = await emptyRecords();
    const batch = (txnId: string) => ({ txnId, eventType: "m.test", batch: [{ userId: "@a:b", deviceId: "D", payload: { txnId } }] });
    const first = new SyncBackend(records);
    await first.saveToDeviceBatches([batch("1"), batch("2")]);
    const second = new SyncBackend(await again());
    await second.saveToDeviceBatches([batch("3")]);
    const seen: string[] = [];
    for (let next = await second.getOldestToDeviceBatch(); next; next = await second.getOldestToDeviceBatch()) {
        seen.push(next.txnId);
        await second.removeToDeviceBatch(next.id);
    }
    expect(seen).toEqual(["1", "2", "3"]);
});

test("members that were loaded for a room stay, also when there are none", async () => {
    const { records, again } = await emptyRecords();
    const backend = new SyncBackend(records);
    expect(await backend.getOutOfBandMembers("!a")).toBeNull();
    await backend.setOutOfBandMembers("!a", []);
    expect(await new SyncBackend(await again()).getOutOfBandMembers("!a")).toEqual([]);
    await backend.clearOutOfBandMembers("!a");
    expect(await backend.getOutOfBandMembers("!a")).toBeNull();
});
