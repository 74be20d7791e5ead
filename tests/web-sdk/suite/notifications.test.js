import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { NotificationCountType } from "matrix-js-sdk";
import { login, person, startDevice, stopSync } from "../support/people.js";
import { receives, roomOf, say } from "../support/rooms.js";
import { until } from "../support/wait.js";

describe("notifications", () => {
    let ann, ben, cat;
    before(async () => {
        [ann, ben, cat] = await Promise.all([person("ann"), person("ben"), person("cat")]);
    });

    const counts = (client, roomId) => {
        const room = client.getRoom(roomId);
        return [room.getUnreadNotificationCount(NotificationCountType.Total), room.getUnreadNotificationCount(NotificationCountType.Highlight)];
    };
    const counted = (client, roomId, total, highlight) =>
        until(`${total} unread, ${highlight} of them loud`, [client, client.getRoom(roomId)], () => {
            const [t, h] = counts(client, roomId);
            // The reason that a failed wait shows.
            if (t !== total || h !== highlight) throw new Error(`${t} unread, ${h} of them loud`);
            return true;
        });

    test("every client has the predefined push rules", async () => {
        const { global } = await ann.getPushRules();
        const ids = Object.values(global).flat().map((r) => r.rule_id);
        for (const id of [
            ".m.rule.master", ".m.rule.suppress_notices", ".m.rule.invite_for_me", ".m.rule.member_event", ".m.rule.is_user_mention",
            ".m.rule.is_room_mention", ".m.rule.tombstone", ".m.rule.reaction", ".m.rule.call", ".m.rule.room_one_to_one",
            ".m.rule.encrypted_room_one_to_one", ".m.rule.message", ".m.rule.encrypted",
        ]) {
            assert.ok(ids.includes(id), id);
        }
    });

    test("messages count as unread until they are read, one's own never", async () => {
        const roomId = await roomOf([ann, ben]);
        let last;
        for (let i = 0; i < 3; i++) last = await say(ann, roomId, `news ${i}`);
        await counted(ben, roomId, 3, 0);
        assert.deepEqual(counts(ann, roomId), [0, 0]);
        await ben.sendReadReceipt(await receives(ben, roomId, last));
        await counted(ben, roomId, 0, 0);
        await say(ann, roomId, "more");
        await counted(ben, roomId, 1, 0);
    });

    test("a mention is loud for the mentioned and not for others", async () => {
        const roomId = await roomOf([ann, ben, cat]);
        await ann.sendMessage(roomId, { "msgtype": "m.text", "body": "Ben?", "m.mentions": { user_ids: [ben.getUserId()] } });
        await counted(ben, roomId, 1, 1);
        await counted(cat, roomId, 1, 0);
        await ann.sendMessage(roomId, { "msgtype": "m.text", "body": "@room", "m.mentions": { room: true } });
        await counted(ben, roomId, 2, 2);
        await counted(cat, roomId, 2, 1);
        // The right to notify the whole room is the room's to give.
        await ben.sendMessage(roomId, { "msgtype": "m.text", "body": "@room", "m.mentions": { room: true } });
        await counted(cat, roomId, 3, 1);
    });

    test("notices, edits and reactions disturb nobody", async () => {
        const roomId = await roomOf([ann, ben]);
        const id = await say(ann, roomId, "one");
        await counted(ben, roomId, 1, 0);
        await ann.sendNotice(roomId, "automatic");
        await ann.sendEvent(roomId, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: id, key: "x" } });
        await ann.sendEvent(roomId, "m.room.message", {
            "msgtype": "m.text", "body": "* one!", "m.new_content": { msgtype: "m.text", body: "one!" },
            "m.relates_to": { rel_type: "m.replace", event_id: id },
        });
        const fence = await say(ann, roomId, "two");
        await receives(ben, roomId, fence);
        await counted(ben, roomId, 2, 0);
    });

    test("a muted room does not count, and counts again afterwards", async () => {
        const roomId = await roomOf([ann, ben]);
        const muted = (is) => until(`muted: ${is}`, ben, () => Boolean(ben.getRoomPushRule("global", roomId) ?? ben.pushRules?.global?.override?.find((r) => r.rule_id === roomId)) === is);
        await ben.setRoomMutePushRule("global", roomId, true);
        await ben.addPushRule("global", "override", roomId, {
            actions: [],
            conditions: [{ kind: "event_match", key: "room_id", pattern: roomId }],
        });
        await muted(true);
        const quiet = await say(ann, roomId, "quiet");
        await receives(ben, roomId, quiet);
        assert.deepEqual(counts(ben, roomId), [0, 0]);
        await ben.deletePushRule("global", "override", roomId);
        await ben.setRoomMutePushRule("global", roomId, false);
        await say(ann, roomId, "loud");
        await counted(ben, roomId, 1, 0);
    });

    test("a keyword of one's own is loud", async () => {
        const roomId = await roomOf([ann, ben]);
        await ben.addPushRule("global", "content", "org.veche.word", {
            actions: ["notify", { set_tweak: "highlight" }, { set_tweak: "sound", value: "default" }],
            pattern: "обед",
        });
        await say(ann, roomId, "Когда ОБЕД?");
        await counted(ben, roomId, 1, 1);
        await ben.setPushRuleEnabled("global", "content", "org.veche.word", false);
        await say(ann, roomId, "обед!");
        await counted(ben, roomId, 2, 1);
        await ben.deletePushRule("global", "content", "org.veche.word");
        await assert.rejects(ben.setPushRuleEnabled("global", "content", "org.veche.word", true), (e) => e.httpStatus === 404);
    });

    test("a changed rule reaches the other devices", async () => {
        const phone = await startDevice(await login(ben.username));
        await ben.addPushRule("global", "content", "org.veche.sync", { actions: ["notify"], pattern: "sync" });
        await until("the phone has the rule", phone, () => phone.pushRules?.global.content.some((r) => r.rule_id === "org.veche.sync"));
        await ben.deletePushRule("global", "content", "org.veche.sync");
        await until("and loses it", phone, () => !phone.pushRules?.global.content.some((r) => r.rule_id === "org.veche.sync"));
        stopSync(phone);
    });

    test("threads have counts of their own", async () => {
        const roomId = await roomOf([ann, ben]);
        const room = ben.getRoom(roomId);
        const root = await say(ann, roomId, "root");
        await ben.sendReadReceipt(await receives(ben, roomId, root));
        await counted(ben, roomId, 0, 0);
        await say(ann, roomId, "one", root);
        const mention = { "msgtype": "m.text", "body": "Ben", "m.mentions": { user_ids: [ben.getUserId()] } };
        const { event_id: second } = await ann.sendMessage(roomId, root, mention);
        const inThread = (type) => room.getThreadUnreadNotificationCount(root, type);
        await until("two unread in the thread", [ben, room], () => inThread(NotificationCountType.Total) === 2);
        assert.equal(inThread(NotificationCountType.Highlight), 1);
        assert.equal(room.getRoomUnreadNotificationCount(NotificationCountType.Total), 0);
        await until("the thread has it", [ben, room], () => room.getThread(root)?.findEventById(second));
        await ben.sendReadReceipt(room.getThread(root).findEventById(second));
        await until("the thread is read", [ben, room], () => inThread(NotificationCountType.Total) === 0);
    });

    test("an encrypted message counts without the server reading it", async () => {
        const [eve, fay] = [await person("eve", { crypto: true }), await person("fay", { crypto: true })];
        const roomId = await roomOf([eve, fay], { encrypted: true });
        await receives(fay, roomId, await say(eve, roomId, "hidden"));
        await until("one unread", [fay, fay.getRoom(roomId)], () => fay.getRoom(roomId).getUnreadNotificationCount() === 1);
        for (const client of [eve, fay]) stopSync(client);
    });

    test("the list of notifications shows what was missed", async () => {
        const roomId = await roomOf([ann, ben]);
        const id = await say(ann, roomId, "missed");
        await counted(ben, roomId, 1, 0);
        const { notifications } = await ben.http.authedRequest("GET", "/notifications", { limit: "5" });
        const found = notifications.find((n) => n.event.event_id === id);
        assert.deepEqual([found.room_id, found.read], [roomId, false]);
    });

    test("a pusher is stored, listed and removed", async () => {
        const pusher = {
            app_id: "im.veche.test", app_display_name: "Suite", device_display_name: "Phone", kind: "http", lang: "ru",
            pushkey: "key-1", data: { url: "https://push.invalid/_matrix/push/v1/notify", format: "event_id_only" },
        };
        await ben.setPusher(pusher);
        const { pushers } = await ben.getPushers();
        assert.deepEqual(pushers.map((p) => [p.pushkey, p.data.format]), [["key-1", "event_id_only"]]);
        await ben.removePusher("key-1", "im.veche.test");
        assert.deepEqual((await ben.getPushers()).pushers, []);
    });
});
