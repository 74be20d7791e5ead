import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { NotificationCountType, ReceiptType } from "matrix-js-sdk";
import { person } from "../support/people.js";
import { receives, roomOf, say } from "../support/rooms.js";
import { once, until } from "../support/wait.js";

describe("a conversation", () => {
    let ann, ben, cat, roomId;
    const roomFor = (client) => client.getRoom(roomId);

    before(async () => {
        [ann, ben, cat] = await Promise.all([person("ann"), person("ben"), person("cat")]);
        roomId = await roomOf([ann, ben, cat]);
    });

    /** A message of Ann's that everybody has. */
    async function message(body = "message") {
        const id = await say(ann, roomId, body);
        for (const client of [ann, ben, cat]) await receives(client, roomId, id);
        return id;
    }

    test("an edit replaces the text everywhere, and only the author's counts", async () => {
        const id = await message("Tuesday");
        const edit = (client, text) =>
            client.sendEvent(roomId, "m.room.message", {
                "msgtype": "m.text",
                "body": `* ${text}`,
                "m.new_content": { msgtype: "m.text", body: text },
                "m.relates_to": { rel_type: "m.replace", event_id: id },
            });
        const { event_id: right } = await edit(ann, "Wednesday");
        await until("Ben sees the edit", [ben, roomFor(ben)], () => roomFor(ben).findEventById(id).getContent().body === "Wednesday");
        const { event_id: wrong } = await edit(ben, "Never");
        await receives(cat, roomId, wrong);
        assert.equal(roomFor(cat).findEventById(id).getContent().body, "Wednesday");
        // The server bundles the edit with the event for clients that come later.
        const fetched = await cat.fetchRoomEvent(roomId, id);
        assert.equal(fetched.unsigned?.["m.relations"]?.["m.replace"]?.event_id, right);
    });

    test("reactions are counted by key, and a taken back one disappears", async () => {
        const id = await message();
        const react = (client, key) =>
            client.sendEvent(roomId, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: id, key } });
        await react(ben, "👍");
        const { event_id: second } = await react(cat, "👍");
        await react(cat, "🎉");
        const counts = () =>
            Object.fromEntries(
                (roomFor(ann).relations.getChildEventsForEvent(id, "m.annotation", "m.reaction")?.getSortedAnnotationsByKey() ?? []).map(
                    ([key, events]) => [key, events.size],
                ),
            );
        await until("three reactions", [ann, roomFor(ann)], () => counts()["👍"] === 2 && counts()["🎉"] === 1);
        const again = { "m.relates_to": { rel_type: "m.annotation", event_id: id, key: "👍" } };
        const path = `/rooms/${encodeURIComponent(roomId)}/send/m.reaction/${ben.makeTxnId()}`;
        await assert.rejects(ben.http.authedRequest("PUT", path, undefined, again), (e) => e.errcode === "M_DUPLICATE_ANNOTATION");
        await cat.redactEvent(roomId, second);
        await until("one is taken back", [ann, roomFor(ann)], () => counts()["👍"] === 1);
    });

    test("a reply names what it answers", async () => {
        const id = await message("Where?");
        const { event_id: reply } = await ben.sendEvent(roomId, "m.room.message", {
            "msgtype": "m.text",
            "body": "There",
            "m.relates_to": { "m.in_reply_to": { event_id: id } },
        });
        assert.equal((await receives(ann, roomId, reply)).replyEventId, id);
    });

    test("a thread gathers its replies, its count and its latest event", async () => {
        const root = await message("thread root");
        const replies = [];
        for (const [i, client] of [ben, cat, ben].entries()) replies.push(await say(client, roomId, `in thread ${i}`, root));
        for (const client of [ann, ben, cat]) {
            const room = roomFor(client);
            const begun = await until("there is a thread", [client, room], () => room.getThread(root));
            await until("the thread has its replies", [client, room, begun], () => replies.every((id) => begun.findEventById(id)));
        }
        const thread = roomFor(ann).getThread(root);
        await until("the count is right", [ann, roomFor(ann), thread], () => thread.length === 3);
        await until("the latest reply is known", [ann, roomFor(ann), thread], () => thread.replyToEvent?.getId() === replies[2]);
        // A thread's messages are not in the main timeline.
        const main = roomFor(ann).getLiveTimeline().getEvents().map((e) => e.getId());
        assert.equal(replies.some((id) => main.includes(id)), false);

        const bundled = (await ann.fetchRoomEvent(roomId, root)).unsigned["m.relations"]["m.thread"];
        assert.deepEqual([bundled.count, bundled.latest_event.event_id], [3, replies[2]]);
        assert.equal(bundled.current_user_participated, true);
        const list = await ann.createThreadListMessagesRequest(roomId, null, 10);
        assert.equal(list.chunk[0].event_id, root);
        const { events } = await cat.relations(roomId, root, "m.thread");
        assert.deepEqual(events.map((e) => e.getId()).sort(), [...replies].sort());
    });

    test("relations are returned by type and paged", async () => {
        const root = await message("with many relations");
        const ids = [];
        for (let i = 0; i < 7; i++) ids.push(await say(ben, roomId, `r${i}`, root));
        await cat.sendEvent(roomId, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: root, key: "x" } });
        const seen = [];
        let from;
        for (let page = 0; page < 10; page++) {
            const answer = await ann.fetchRelations(roomId, root, "m.thread", null, { limit: 3, from });
            seen.push(...answer.chunk.map((e) => e.event_id));
            from = answer.next_batch;
            if (!from) break;
        }
        assert.deepEqual(seen, [...ids].reverse());
    });

    test("a public read receipt is shown to everybody", async () => {
        const id = await message();
        await ben.sendReadReceipt(roomFor(ben).findEventById(id));
        for (const client of [ann, cat]) {
            await until("the receipt shows", client, () => roomFor(client).hasUserReadEvent(ben.getUserId(), id));
            assert.equal(roomFor(client).getEventReadUpTo(ben.getUserId()), id);
        }
    });

    test("a private read receipt is shown to nobody else but moves one's own counts", async () => {
        const id = await message();
        const unread = () => roomFor(cat).getRoomUnreadNotificationCount();
        await until("Cat has unread", [cat, roomFor(cat)], () => unread() > 0);
        await cat.sendReadReceipt(roomFor(cat).findEventById(id), ReceiptType.ReadPrivate);
        await until("nothing unread any more", [cat, roomFor(cat)], () => unread() === 0);
        // A public receipt for an earlier point sent afterwards: when Ann has that, she would have had the private one.
        await ben.sendReadReceipt(roomFor(ben).findEventById(id));
        await until("Ben's receipt shows", ann, () => roomFor(ann).getEventReadUpTo(ben.getUserId()) === id);
        assert.notEqual(roomFor(ann).getEventReadUpTo(cat.getUserId()), id);
    });

    test("a receipt in a thread counts for that thread alone", async () => {
        const root = await message("root");
        const reply = await say(ann, roomId, "in the thread", root);
        const main = await message("in the main timeline");
        const room = roomFor(ben);
        await until("the thread is there", [ben, room], () => room.getThread(root)?.findEventById(reply));
        await until("both are unread", [ben, room], () => {
            return room.getThreadUnreadNotificationCount(root) === 1 && room.getRoomUnreadNotificationCount() >= 1;
        });
        const shown = once(ann, "Room.receipt", (e) => e.getContent()[reply]?.["m.read"]?.[ben.getUserId()]?.thread_id === root);
        await ben.sendReadReceipt(room.getThread(root).findEventById(reply));
        await shown;
        await until("only the main timeline is unread", [ben, room], () => room.getThreadUnreadNotificationCount(root) === 0);
        assert.ok(room.getRoomUnreadNotificationCount(NotificationCountType.Total) >= 1);
        await ben.sendReadReceipt(room.findEventById(main));
        await until("nothing is unread", [ben, room], () => room.getRoomUnreadNotificationCount() === 0);
    });

    test("the fully-read marker is one's own and stays", async () => {
        const id = await message();
        await ben.setRoomReadMarkers(roomId, id, roomFor(ben).findEventById(id));
        const marker = await until("the marker is there", ben, () => {
            const event = roomFor(ben).getAccountData("m.fully_read");
            return event?.getContent().event_id === id && event;
        });
        assert.ok(marker);
        assert.equal(roomFor(ann).getAccountData("m.fully_read")?.getContent().event_id === id, false);
    });

    test("typing is shown while it lasts and ends when it is stopped", async () => {
        await message();
        await ben.sendTyping(roomId, true, 20_000);
        const typing = (client) => roomFor(client).getMember(ben.getUserId()).typing;
        await until("typing shows", ann, () => typing(ann));
        await ben.sendTyping(roomId, false, 0);
        await until("typing ends", ann, () => !typing(ann));
        await assert.rejects(
            ann.http.authedRequest("PUT", `/rooms/${roomId}/typing/${encodeURIComponent(ben.getUserId())}`, undefined, { typing: true }),
            (e) => e.errcode === "M_FORBIDDEN",
        );
    });

    test("a redacted message loses its content for everybody, also on the server", async () => {
        const id = await message("a secret");
        const path = `/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(id)}/${ben.makeTxnId()}`;
        await assert.rejects(ben.http.authedRequest("PUT", path, undefined, {}), (e) => e.errcode === "M_FORBIDDEN");
        await ann.redactEvent(roomId, id, undefined, { reason: "by mistake" });
        await until("it is gone", [ben, roomFor(ben)], () => roomFor(ben).findEventById(id).isRedacted());
        const stored = await ben.fetchRoomEvent(roomId, id);
        assert.deepEqual(stored.content, {});
        assert.ok(stored.unsigned.redacted_because || stored.redacted_because);
    });

    test("the same transaction gives the same event and sends it once", async () => {
        const content = { msgtype: "m.text", body: "only once" };
        const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/fixed-transaction`;
        const first = await ann.http.authedRequest("PUT", path, undefined, content);
        const second = await ann.http.authedRequest("PUT", path, undefined, content);
        assert.equal(first.event_id, second.event_id);
        const fence = await say(ann, roomId, "fence");
        await receives(ben, roomId, fence);
        const got = roomFor(ben).getLiveTimeline().getEvents().filter((e) => e.getContent().body === "only once");
        assert.equal(got.length, 1);
    });

    test("the context of an event is what was written around it", async () => {
        const ids = [];
        for (let i = 0; i < 5; i++) ids.push(await say(ann, roomId, `around ${i}`));
        const context = await ben.http.authedRequest("GET", `/rooms/${roomId}/context/${encodeURIComponent(ids[2])}`, { limit: 4 });
        assert.equal(context.event.event_id, ids[2]);
        assert.deepEqual(context.events_before.map((e) => e.event_id), [ids[1], ids[0]]);
        assert.deepEqual(context.events_after.map((e) => e.event_id), [ids[3], ids[4]]);
        const found = await ben.timestampToEvent(roomId, context.event.origin_server_ts, "f");
        assert.equal(found.origin_server_ts, context.event.origin_server_ts);
    });

    test("a poll, a location and a message in several languages keep their unusual content", async () => {
        const content = {
            "msgtype": "org.veche.custom",
            "body": "𝕳𝖊𝖑𝖑𝖔 \u0000 \u202e שלום 🏳️‍🌈",
            "org.veche": { list: [[], {}, null, false, 9007199254740991, -9007199254740991], "": { "a.b\\c": "d" } },
        };
        const { event_id: id } = await ann.sendEvent(roomId, "m.room.message", content);
        assert.deepEqual((await receives(ben, roomId, id)).getContent(), content);
    });

    test("a message is reported to the administrators", async () => {
        const id = await message();
        assert.deepEqual(await ben.reportEvent(roomId, id, -50, "rude"), {});
    });
});
