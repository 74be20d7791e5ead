import "fake-indexeddb/auto";
import { ClientEvent, ConnectionError, EventStatus, MatrixError, type MatrixClient, MatrixEvent, PendingEventOrdering, Room, createClient } from "matrix-js-sdk/lib/matrix.js";
import { expect, test, vi } from "vitest";
import { Scope } from "../base/scope";
import { quietLogger } from "../engine/logger";
import { Outbox, waitsForNetwork } from "./outbox";
import type { Records } from "./records";
import { SealedStore } from "./sealed_store";
import { emptyRecords } from "./testing";

const ROOM = "!r:b";
const ME = "@anna:b";

// The SDK's scheduler wants more than the oldest Node that the tests run on has.
if (!("withResolvers" in Promise)) {
    Object.assign(Promise, {
        withResolvers: () => {
            const parts: { resolve?: unknown; reject?: unknown } = {};
            const promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
            return { promise, ...parts };
        },
    });
}

interface Sent {
    readonly txnId: string;
    readonly body: string;
}

/** A visit of the page: a client with one room, and the server that takes what it sends, or does not. */
async function visit(records: Records, sent: Sent[]) {
    const outbox = new Outbox(records);
    const store = new SealedStore(records, outbox);
    let network: (txnId: string, content: { body: string }) => Promise<string> = (txnId, content) => {
        const known = sent.findIndex((message) => message.txnId === txnId);
        if (known < 0) sent.push({ txnId, body: content.body });
        return Promise.resolve(`$${txnId}`);
    };
    const client: MatrixClient = createClient({
        baseUrl: "https://b",
        userId: ME,
        deviceId: "D",
        accessToken: "t",
        store,
        logger: quietLogger,
        fetchFn: async (url, init) => {
            const txnId = decodeURIComponent(new URL(url as string | URL).pathname.split("/").at(-1) ?? "");
            try {
                const id = await network(txnId, JSON.parse(init?.body as string) as { body: string });
                return Response.json({ event_id: id });
            } catch (error) {
                if (error instanceof MatrixError) return Response.json(error.data, { status: error.httpStatus ?? 500 });
                throw error;
            }
        },
    });
    const scope = new Scope();
    outbox.attach(client, scope);
    const room = new Room(ROOM, client, ME, { pendingEventOrdering: PendingEventOrdering.Detached });
    store.storeRoom(room);
    client.emit(ClientEvent.Room, room);
    const saved = async () => (await records.get<readonly unknown[]>("outbox", ROOM)) ?? [];
    await vi.waitFor(async () => expect(room.getPendingEvents().length).toBe((await saved()).length));
    const say = (body: string, more: object = {}) => client.sendMessage(ROOM, { msgtype: "m.text", body, ...more } as never).catch(() => undefined);
    return {
        client, room, outbox, say,
        pending: () => room.getPendingEvents().filter(waitsForNetwork).map((event) => event.getContent<{ body: string }>().body),
        fail: (error: Error) => {
            network = () => Promise.reject(error);
        },
        serve: (handler: typeof network) => {
            network = handler;
        },
        /** What was sent comes back by sync. */
        echo: () =>
            room.addLiveEvents(
                sent.map(({ txnId, body }) => {
                    const content = { msgtype: "m.text", body };
                    return new MatrixEvent({ event_id: `$${txnId}`, room_id: ROOM, sender: ME, type: "m.room.message", content, origin_server_ts: 1, unsigned: { transaction_id: txnId } });
                }),
                { addToState: false },
            ),
        close: async () => {
            scope.close();
            await outbox.flushed();
        },
    };
}

const offline = () => new TypeError("Failed to fetch");

test("what is written without a network goes out after a reload, once and in its order", async () => {
    const { records, again } = await emptyRecords();
    const sent: Sent[] = [];
    const first = await visit(records, sent);
    first.fail(offline());
    await first.say("one");
    await first.say("two");
    await first.say("three");
    expect(first.pending()).toEqual(["one", "two", "three"]);
    await first.close();
    const second = await visit(await again(), sent);
    expect(second.pending()).toEqual(["one", "two", "three"]);
    await second.outbox.flush();
    expect(sent.map(({ body }) => body)).toEqual(["one", "two", "three"]);
    // They stay until they have come back by sync, which may be at the next visit.
    await second.outbox.flushed();
    expect(await records.get("outbox", ROOM)).toHaveLength(3);
    await second.echo();
    await second.close();
    expect(await records.get("outbox", ROOM)).toBeUndefined();
});

test("what the server took before its answer was lost keeps its transaction id", async () => {
    const { records, again } = await emptyRecords();
    const sent: Sent[] = [];
    const first = await visit(records, sent);
    first.serve((txnId, { body }) => {
        sent.push({ txnId, body });
        return Promise.reject(offline());
    });
    await first.say("once");
    await first.close();
    const second = await visit(await again(), sent);
    await second.outbox.flush();
    expect(sent).toHaveLength(1);
    await second.close();
});

test("when the network goes in between, the rest waits on", async () => {
    const { records } = await emptyRecords();
    const sent: Sent[] = [];
    const page = await visit(records, sent);
    page.fail(offline());
    for (const body of ["one", "two", "three"]) await page.say(body);
    page.serve((txnId, { body }) => {
        if (body === "two") return Promise.reject(offline());
        sent.push({ txnId, body });
        return Promise.resolve(`$${txnId}`);
    });
    await page.outbox.flush();
    expect(sent.map(({ body }) => body)).toEqual(["one"]);
    expect(page.pending()).toEqual(["two", "three"]);
    await page.close();
});

test("what is refused does not hold up what comes after it", async () => {
    const { records } = await emptyRecords();
    const sent: Sent[] = [];
    const page = await visit(records, sent);
    page.fail(offline());
    for (const body of ["bad", "good"]) await page.say(body);
    page.serve((txnId, { body }) => {
        if (body === "bad") return Promise.reject(new MatrixError({ errcode: "M_FORBIDDEN" }, 403));
        sent.push({ txnId, body });
        return Promise.resolve(`$${txnId}`);
    });
    await page.outbox.flush();
    expect(sent.map(({ body }) => body)).toEqual(["good"]);
    expect(page.pending()).toEqual([]);
    await page.close();
});

test("an answer to a message that was unsent, too, names it as the server does", async () => {
    const { records, again } = await emptyRecords();
    const first = await visit(records, []);
    first.fail(offline());
    await first.say("question");
    const [question] = first.room.getPendingEvents();
    await first.say("answer", { "m.relates_to": { "m.in_reply_to": { event_id: question?.getId() } } });
    await first.close();
    const second = await visit(await again(), []);
    const contents: object[] = [];
    second.serve((txnId, content) => {
        contents.push(content);
        return Promise.resolve(`$${txnId}`);
    });
    await second.outbox.flush();
    expect(contents[1]).toMatchObject({ "m.relates_to": { "m.in_reply_to": { event_id: `$${question?.getTxnId() ?? ""}` } } });
    await second.close();
});

test.each<readonly [Error | null, boolean]>([
    [new ConnectionError("down"), true],
    [new MatrixError({}, 502), true],
    [new MatrixError({}, 500), false],
    [new MatrixError({ errcode: "M_LIMIT_EXCEEDED" }, 429), true],
    [new MatrixError({ errcode: "M_FORBIDDEN" }, 403), false],
    [null, true],
])("%s waits: %s", (error, waits) => {
    const event = new MatrixEvent({});
    event.setStatus(EventStatus.NOT_SENT);
    Object.assign(event, { error });
    expect(waitsForNetwork(event)).toBe(waits);
});
