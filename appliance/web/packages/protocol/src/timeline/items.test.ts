import { MatrixEvent, PendingEventOrdering, Room, createClient } from "matrix-js-sdk/lib/matrix.js";
import { describe, expect, test } from "vitest";
import { type Item, type Material, itemsOf } from "./items";

const ME = "@me:b";
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Noon, so that an hour more or less is the same day everywhere. */
const NOON = new Date(2026, 2, 5, 12).getTime();

const client = createClient({ baseUrl: "https://b", userId: ME, deviceId: "D" });

interface Said {
    readonly id: string;
    readonly from?: string;
    readonly at?: number;
    readonly type?: string;
    readonly content?: object;
    readonly more?: object;
}

const eventOf = ({ id, from = "@a:b", at = 0, type = "m.room.message", content, more = {} }: Said) =>
    new MatrixEvent({ event_id: id, room_id: "!r", sender: from, type, origin_server_ts: NOON + at, content: content ?? { msgtype: "m.text", body: id }, ...more });

async function timeline(said: readonly Said[], more: Partial<Material> = {}): Promise<readonly Item[]> {
    const room = new Room("!r", client, ME, { pendingEventOrdering: PendingEventOrdering.Detached, timelineSupport: true });
    const events = said.map(eventOf);
    await room.addLiveEvents(events, { addToState: true });
    return itemsOf({
        room,
        set: room.getUnfilteredTimelineSet(),
        me: ME,
        events,
        pending: [],
        complete: false,
        readUpTo: null,
        inThread: null,
        showMembership: true,
        quote: () => null,
        receipts: () => [],
        ...more,
    });
}

const kinds = (items: readonly Item[]) => items.map((item) => (item.type === "message" ? item.eventId : item.type));

describe("messages", () => {
    test("of one sender stand together until somebody else speaks, or time passes", async () => {
        const items = await timeline([
            { id: "$1" },
            { id: "$2", at: MINUTE },
            { id: "$3", at: 10 * MINUTE },
            { id: "$4", from: "@c:b", at: 11 * MINUTE },
            { id: "$5", at: 12 * MINUTE },
        ]);
        const continued = items.filter((item) => item.type === "message").map((item) => item.continued);
        expect(continued).toEqual([false, true, false, false, false]);
    });

    test("of another day stand below a line with the day", async () => {
        expect(kinds(await timeline([{ id: "$1" }, { id: "$2", at: DAY }]))).toEqual(["day", "$1", "day", "$2"]);
    });

    test("reactions and edits are no messages; reactions are counted with mine", async () => {
        const relates = (rel_type: string, more: object) => ({ "m.relates_to": { rel_type, event_id: "$1", ...more } });
        const items = await timeline([
            { id: "$1" },
            { id: "$r1", type: "m.reaction", content: relates("m.annotation", { key: "👍" }) },
            { id: "$r2", type: "m.reaction", from: ME, content: relates("m.annotation", { key: "👍" }) },
            { id: "$e", content: { msgtype: "m.text", body: "* new", "m.new_content": { msgtype: "m.text", body: "new" }, ...relates("m.replace", {}) }, at: 5 },
        ]);
        expect(kinds(items)).toEqual(["day", "$1"]);
        const message = items[1];
        if (message?.type !== "message") throw new Error("no message");
        expect(message.reactions).toEqual([{ key: "👍", by: [{ id: "@a:b", name: "a" }, { id: ME, name: "me" }], mine: "$r2" }]);
        expect(message.body).toMatchObject({ kind: "text", text: "new" });
        expect(message.edited).toBe(NOON + 5);
    });

    test("keys are unique even where clocks go backwards", async () => {
        const items = await timeline([{ id: "$1" }, { id: "$2", at: DAY }, { id: "$3" }]);
        expect(new Set(items.map((item) => item.key)).size).toBe(items.length);
    });
});

describe("the line of unread messages", () => {
    test("stands before the first message of others after the one that was read", async () => {
        const said = [{ id: "$1" }, { id: "$2" }, { id: "$3" }];
        expect(kinds(await timeline(said, { readUpTo: "$1" }))).toEqual(["day", "$1", "unread", "$2", "$3"]);
        expect(kinds(await timeline(said, { readUpTo: "$3" }))).not.toContain("unread");
        expect(kinds(await timeline(said, { readUpTo: "$elsewhere" }))).not.toContain("unread");
    });

    test("is not above my own words: who writes has read", async () => {
        const said = [{ id: "$1" }, { id: "$2", from: ME }, { id: "$3" }];
        expect(kinds(await timeline(said, { readUpTo: "$1" }))).not.toContain("unread");
    });
});

describe("changes of the room", () => {
    const join = (id: string) => ({ id, type: "m.room.member", from: `@${id.slice(1)}:b`, content: { membership: "join" }, more: { state_key: `@${id.slice(1)}:b` } });

    test("in a row are one item, and membership is left out where nobody wants it", async () => {
        const said = [join("$x"), join("$y"), { id: "$1" }, join("$z")];
        const items = await timeline(said);
        expect(kinds(items)).toEqual(["day", "changes", "$1", "changes"]);
        expect(items[1]?.type === "changes" && items[1].told.length).toBe(2);
        expect(kinds(await timeline(said, { showMembership: false }))).toEqual(["day", "$1"]);
    });
});

test("who has read what is not shown stands at the message before it", async () => {
    const mark = { id: "@c:b", name: "C", avatar: null, ts: 1 };
    const reaction = { id: "$r", type: "m.reaction", content: { "m.relates_to": { rel_type: "m.annotation", event_id: "$1", key: "x" } } };
    const items = await timeline([{ id: "$1" }, reaction], { receipts: (event) => (event.getId() === "$r" ? [mark] : []) });
    expect(items[1]?.type === "message" && items[1].readBy).toEqual([mark]);
});

test("a complete history begins with the start of the room", async () => {
    expect(kinds(await timeline([{ id: "$1" }], { complete: true }))[0]).toBe("start");
});
