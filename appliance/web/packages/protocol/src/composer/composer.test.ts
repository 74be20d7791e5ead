import "fake-indexeddb/auto";
import { MatrixEvent, PendingEventOrdering, Room, createClient } from "matrix-js-sdk/lib/matrix.js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Database } from "../base/database";
import { Records } from "../offline/records";
import { VAULT_DRAWER, Vault } from "../session/vault";
import { SettingsStore } from "../settings/settings_store";
import { ComposerStore } from "./composer_store";
import { Drafts } from "./drafts";

const ME = "@me:b";

async function composer(drafts: Drafts, events: readonly MatrixEvent[] = []) {
    const client = createClient({ baseUrl: "https://b", userId: ME, deviceId: "D" });
    const sent: Record<string, unknown>[] = [];
    vi.spyOn(client, "sendMessage").mockImplementation(((...args: unknown[]) => {
        sent.push(args[2] as Record<string, unknown>);
        return Promise.resolve({ event_id: "$sent" });
    }));
    vi.spyOn(client, "sendTyping").mockResolvedValue({});
    const room = new Room("!r", client, ME, { pendingEventOrdering: PendingEventOrdering.Detached });
    const settings = new SettingsStore({ getItem: () => null, setItem: () => undefined });
    const find = (id: string) => events.find((event) => event.getId() === id) ?? null;
    const store = new ComposerStore({ client, room, drafts, settings, threadId: null, find });
    await vi.waitUntil(() => store.getSnapshot().ready);
    return { store, sent };
}

const event = (id: string, sender: string, content: object) =>
    new MatrixEvent({ event_id: id, room_id: "!r", sender, type: "m.room.message", origin_server_ts: 1, content });

let database: Database;
let drafts: Drafts;
beforeEach(async () => {
    database = await Database.open("drafts", [VAULT_DRAWER, "drafts"]);
    drafts = new Drafts(new Records(database, await Vault.open(database)));
});
afterEach(async () => {
    await database.clear();
    database.close();
});

describe("a draft", () => {
    test("is there again after the page was closed, and not readable on the disk", async () => {
        const first = await composer(drafts);
        first.store.type("half a thou");
        await first.store.flush();
        const kept = await database.values("drafts");
        expect(kept).toHaveLength(1);
        expect(JSON.stringify(kept)).not.toContain("thou");
        const second = await composer(drafts);
        expect(second.store.getSnapshot().text).toBe("half a thou");
    });

    test("is gone when it was sent", async () => {
        const { store } = await composer(drafts);
        store.type("hello");
        store.send();
        await store.flush();
        expect(store.getSnapshot().text).toBe("");
        expect(await drafts.keys()).toEqual([]);
    });
});

describe("sending", () => {
    test("nothing but blanks is nothing", async () => {
        const { store, sent } = await composer(drafts);
        store.type("  \n ");
        store.send();
        expect(sent).toEqual([]);
    });

    test("a reply names the event and its sender", async () => {
        const { store, sent } = await composer(drafts, [event("$1", "@a:b", { msgtype: "m.text", body: "hi" })]);
        store.replyTo("$1");
        store.type("hello");
        store.send();
        expect(sent[0]).toMatchObject({ body: "hello", "m.mentions": { user_ids: ["@a:b"] }, "m.relates_to": { "m.in_reply_to": { event_id: "$1" } } });
        expect(store.getSnapshot().reply).toBeNull();
    });

    test("an edit replaces, and what was being written before comes back", async () => {
        const mine = event("$1", ME, { msgtype: "m.text", body: "helo", "m.mentions": { user_ids: ["@a:b"] } });
        const { store, sent } = await composer(drafts, [mine]);
        store.type("something else");
        store.edit("$1");
        expect(store.getSnapshot().text).toBe("helo");
        store.type("hello");
        store.send();
        expect(sent[0]).toMatchObject({ body: "* hello", "m.new_content": { body: "hello" }, "m.relates_to": { rel_type: "m.replace", event_id: "$1" }, "m.mentions": {} });
        expect(store.getSnapshot()).toMatchObject({ text: "something else", editing: null });
    });

    test("the caption of a file is edited, and the file stays", async () => {
        const mine = event("$1", ME, { msgtype: "m.image", body: "look", filename: "a.png", url: "mxc://b/x", info: { w: 1 } });
        const { store, sent } = await composer(drafts, [mine]);
        store.edit("$1");
        expect(store.getSnapshot().text).toBe("look");
        store.type("look here");
        store.send();
        expect(sent[0]?.["m.new_content"]).toMatchObject({ msgtype: "m.image", body: "look here", filename: "a.png", url: "mxc://b/x", info: { w: 1 } });
    });

    test("what does not fit into one message is said, and kept", async () => {
        const { store, sent } = await composer(drafts);
        const text = "x".repeat(50_000);
        store.type(text);
        expect(() => {
            store.send();
        }).toThrow(expect.objectContaining({ code: "tooLarge" }));
        expect(sent).toEqual([]);
        expect(store.getSnapshot().text).toBe(text);
    });
});
