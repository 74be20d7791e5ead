import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Direction } from "matrix-js-sdk";
import { login, person, registerAccount, startDevice, startSync, stopSync } from "../support/people.js";
import { allEvents, joined, receives, roomOf, say } from "../support/rooms.js";
import { once, until } from "../support/wait.js";

/** A network that a test can cut. What is under way is torn down, as by a closed laptop. */
function network() {
    let up = true;
    const pending = new Set();
    const call = async (url, options = {}) => {
        if (!up) throw new TypeError("network is down");
        const cut = new AbortController();
        pending.add(cut);
        try {
            return await fetch(url, { ...options, signal: AbortSignal.any([cut.signal, options.signal].filter(Boolean)) });
        } catch (error) {
            if (cut.signal.aborted) throw new TypeError("network went down");
            throw error;
        } finally {
            pending.delete(cut);
        }
    };
    return {
        call,
        cut() {
            up = false;
            for (const c of pending) c.abort();
        },
        mend: () => (up = true),
    };
}

/** The live timeline with what was found before its gaps, oldest first: timelines that touch are neighbors. */
function neighbors(room) {
    const chain = [room.getLiveTimeline()];
    for (let t; (t = chain[0].getNeighbouringTimeline(Direction.Backward)); ) chain.unshift(t);
    return chain;
}

/** Pages back from the live end to the creation of the room, and gives all its events in order. */
async function wholeRoom(client, roomId, limit = 50) {
    const room = client.getRoom(roomId);
    const events = () => neighbors(room).flatMap((t) => t.getEvents()).filter((e) => !e.status);
    for (let page = 0; page < 50 && events()[0]?.getType() !== "m.room.create"; page++) {
        await client.paginateEventTimeline(neighbors(room)[0], { backwards: true, limit });
    }
    await until("all is decrypted", [client, room], () =>
        events().every((e) => !e.isBeingDecrypted() && e.getType() !== "m.room.encrypted"),
    );
    return events();
}

const texts = (events) => events.filter((e) => e.getType() === "m.room.message").map((e) => e.getContent().body);

describe("sync", () => {
    let ann, ben;
    before(async () => {
        [ann, ben] = await Promise.all([person("ann"), person("ben")]);
    });

    for (const encrypted of [true, false]) {
        test(`200 ${encrypted ? "encrypted" : "plain"} messages arrive in order on both sides while one side reconnects`, async () => {
            const wire = network();
            const crypto = encrypted;
            const [eve, fay] = [await person("eve", { crypto }), await person("fay", { crypto, network: wire.call })];
            const roomId = await roomOf([eve, fay], { encrypted });
            const sent = [];
            for (let i = 0; i < 200; i++) {
                if (i % 50 === 20) wire.cut();
                if (i % 50 === 40) {
                    wire.mend();
                    fay.retryImmediately();
                }
                sent.push(`message ${i}`);
                await say(eve, roomId, `message ${i}`);
            }
            const last = await say(eve, roomId, "end");
            sent.push("end");
            for (const client of [eve, fay]) {
                await receives(client, roomId, last);
                assert.deepEqual(texts(await wholeRoom(client, roomId)), sent);
            }
            for (const client of [eve, fay]) stopSync(client);
        });
    }

    test("a sync that is stopped and started again goes on where it was, in both directions", async () => {
        const roomId = await roomOf([ann, ben]);
        const sent = [];
        for (let i = 0; i < 60; i++) {
            if (i === 20) stopSync(ben);
            if (i === 40) await startSync(ben);
            sent.push(`part ${i}`);
            await say(i % 20 < 10 && i < 20 ? ben : ann, roomId, `part ${i}`);
        }
        const last = await say(ben, roomId, "end");
        sent.push("end");
        for (const client of [ann, ben]) {
            await receives(client, roomId, last);
            assert.deepEqual(texts(await wholeRoom(client, roomId)), sent);
        }
    });

    test("history is paged back to the creation of the room, nothing twice and nothing left out", async () => {
        const roomId = await roomOf([ann], { preset: "public_chat" });
        const sent = [];
        for (let i = 0; i < 75; i++) sent.push(await say(ann, roomId, `old ${i}`));
        await ben.joinRoom(roomId, { viaServers: [ben.getDomain()] });
        await joined(ben, roomId);
        const events = await wholeRoom(ben, roomId, 17);
        assert.equal(events[0].getType(), "m.room.create");
        assert.equal(new Set(events.map((e) => e.getId())).size, events.length);
        assert.deepEqual(events.filter((e) => e.getType() === "m.room.message").map((e) => e.getId()), sent);

        // The same by hand, forwards from the start.
        const forward = [];
        let from = null;
        do {
            const page = await ben.http.authedRequest("GET", `/rooms/${encodeURIComponent(roomId)}/messages`, { dir: Direction.Forward, limit: 20, ...(from && { from }) });
            forward.push(...page.chunk.filter((e) => e.type === "m.room.message").map((e) => e.event_id));
            from = page.end;
        } while (from && forward.length < 200);
        assert.deepEqual(forward, sent);
    });

    test("an event long ago is opened with what is around it", async () => {
        const roomId = await roomOf([ann, ben]);
        const ids = [];
        for (let i = 0; i < 60; i++) ids.push(await say(ann, roomId, `long ago ${i}`));
        const phone = await startDevice(await login(ben.username), { start: { initialSyncLimit: 5 } });
        const room = phone.getRoom(roomId);
        assert.equal(room.findEventById(ids[10]), undefined);
        const timeline = await phone.getEventTimeline(room.getUnfilteredTimelineSet(), ids[10]);
        for (const backwards of [true, false]) await phone.paginateEventTimeline(timeline, { backwards, limit: 5 });
        const shown = timeline.getEvents().map((e) => e.getId());
        assert.deepEqual(shown.slice(shown.indexOf(ids[9]), shown.indexOf(ids[11]) + 1), ids.slice(9, 12));
        stopSync(phone);
    });

    test("a room's tags and account data reach the other devices and go away", async () => {
        const roomId = await roomOf([ann, ben]);
        const phone = await startDevice(await login(ben.username));
        const room = await joined(phone, roomId);
        await ben.setRoomTag(roomId, "m.favourite", { order: 0.25 });
        await until("the tag is there", [phone, room], () => room.tags["m.favourite"]?.order === 0.25);
        assert.deepEqual((await phone.getRoomTags(roomId)).tags, { "m.favourite": { order: 0.25 } });
        await ben.setRoomAccountData(roomId, "org.veche.note", { text: "заметка" });
        await until("the note is there", [phone, room], () => room.getAccountData("org.veche.note")?.getContent().text === "заметка");
        await ben.deleteRoomTag(roomId, "m.favourite");
        await until("the tag is gone", [phone, room], () => !room.tags["m.favourite"]);
        stopSync(phone);
    });

    test("a to-device message arrives once, at the named device alone, also when that was off", async () => {
        const account = await registerAccount("fay");
        const wire = network();
        const target = await startDevice(account, { network: wire.call });
        const other = await startDevice(await login(account.username));
        const seen = [];
        for (const [name, client] of [["target", target], ["other", other]]) {
            client.on("toDeviceEvent", (event) => {
                if (event.getType().startsWith("org.veche.")) seen.push([name, event.getContent().n ?? "fence"]);
            });
        }
        const send = (type, device, content) => ann.sendToDevice(type, new Map([[account.user_id, new Map([[device, content]])]]));
        const pings = (name) => seen.filter(([device, n]) => device === name && n !== "fence").map(([, n]) => n);
        const first = once(target, "toDeviceEvent", (e) => e.getContent().n === 1);
        await send("org.veche.ping", account.device_id, { n: 1 });
        await first;
        // The request for the next sync is what tells the server that the first one is here; it has gone out when a
        // message sent afterwards is there.
        const fence = once(target, "toDeviceEvent", (e) => e.getType() === "org.veche.fence");
        await send("org.veche.fence", account.device_id, {});
        await fence;
        wire.cut();
        await send("org.veche.ping", account.device_id, { n: 2 });
        await send("org.veche.ping", account.device_id, { n: 3 });
        const fences = [target, other].map((c) => once(c, "toDeviceEvent", (e) => e.getContent().last));
        wire.mend();
        target.retryImmediately();
        await send("org.veche.fence", "*", { last: true });
        await Promise.all(fences);
        assert.deepEqual(pings("target"), [1, 2, 3]);
        assert.deepEqual(pings("other"), []);
        for (const client of [target, other]) stopSync(client);
    });

    test("presence and the words beside it reach those who share a room", async () => {
        const [eve, fay] = [await person("eve"), await person("fay")];
        await roomOf([eve, fay]);
        const shown = (presence) =>
            until(`Fay is ${presence}`, eve, () => {
                const user = eve.getUser(fay.getUserId());
                return user?.presence === presence && user;
            });
        await fay.setSyncPresence("unavailable");
        await fay.setPresence({ presence: "unavailable", status_msg: "На обеде" });
        assert.equal((await shown("unavailable")).presenceStatusMsg, "На обеде");
        assert.equal((await eve.getPresence(fay.getUserId())).status_msg, "На обеде");
        await fay.setSyncPresence("online");
        await fay.setPresence({ presence: "online" });
        await shown("online");
        for (const client of [eve, fay]) stopSync(client);
    });

    describe("delayed events", () => {
        const message = (body) => ({ msgtype: "m.text", body });
        const later = (roomId, delay, body) => ann._unstable_sendDelayedEvent(roomId, { delay }, null, "m.room.message", message(body));
        const find = (client, roomId, body) =>
            until(`${body} arrives`, client, () => allEvents(client.getRoom(roomId)).find((e) => e.getContent().body === body && !e.status));

        test("a delayed event arrives when its time has come", async () => {
            const roomId = await roomOf([ann, ben]);
            const before = Date.now();
            await later(roomId, 1500, "late");
            const event = await find(ben, roomId, "late");
            assert.ok(event.getTs() >= before + 1000);
            assert.equal(event.getSender(), ann.getUserId());
        });

        test("a delayed event is listed, cancelled and then never sent", async () => {
            const roomId = await roomOf([ann, ben]);
            const { delay_id: id } = await later(roomId, 2000, "cancelled");
            const { scheduled, delayed_events: old } = await ann._unstable_getDelayedEvents();
            assert.ok((scheduled ?? old).some((e) => e.delay_id === id));
            await ann._unstable_updateDelayedEvent(id, "cancel");
            // Made after it and due later: when that one is there, the first would have been.
            await later(roomId, 2500, "fence");
            await find(ben, roomId, "fence");
            assert.equal(allEvents(ben.getRoom(roomId)).some((e) => e.getContent().body === "cancelled"), false);
        });

        test("a delayed event is sent at once when asked, or put off by a restart", async () => {
            const roomId = await roomOf([ann, ben]);
            const { delay_id: now } = await later(roomId, 3_600_000, "right now");
            await ann._unstable_updateDelayedEvent(now, "send");
            await find(ben, roomId, "right now");
            const { delay_id: put } = await later(roomId, 3_600_000, "put off");
            await ann._unstable_updateDelayedEvent(put, "restart");
            await ann._unstable_updateDelayedEvent(put, "cancel");
            await assert.rejects(ann._unstable_updateDelayedEvent(put, "send"), (e) => [404, 409, 400].includes(e.httpStatus));
        });

        test("a delayed leave of a call is state like any other when it comes", async () => {
            const roomId = await roomOf([ann, ben]);
            const type = "org.veche.call.member";
            const key = ann.getUserId();
            await ann.sendStateEvent(roomId, type, { call: "here" }, key);
            await ann._unstable_sendDelayedStateEvent(roomId, { delay: 1000 }, type, {}, key);
            await until("the call is left", ben, () => {
                const event = ben.getRoom(roomId).currentState.getStateEvents(type, key);
                return event && Object.keys(event.getContent()).length === 0;
            });
        });
    });
});
