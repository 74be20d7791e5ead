import "fake-indexeddb/auto";
import { ClientEvent, ConnectionError, EventStatus, MatrixError, type MatrixClient, MatrixEvent, PendingEventOrdering, Room, RoomEvent, createClient } from "matrix-js-sdk/lib/matrix.js";
import { describe, expect, test, vi } from "vitest";
import { Problem, problemOf } from "../base/problem";
import { Scope } from "../base/scope";
import { quietLogger } from "../engine/logger";
import { type FileToCarry, Outbox, waitsForNetwork } from "./outbox";
import type { Records } from "./records";
import { SealedStore } from "./sealed_store";
import { emptyRecords } from "./testing";
import { WAITING_BYTES_MAX, WAITING_FILE_BYTES_MAX, type WaitingFile, tooMuchToWait } from "./waiting_files";

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
    // As the SDK does for the rooms that a sync brings.
    room.on(RoomEvent.LocalEchoUpdated, (...change) => void client.emit(RoomEvent.LocalEchoUpdated, ...change));
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
        /** Chooses a file. */
        choose: (name: string, bytes: BlobPart, caption = "") =>
            outbox.keepFile({ roomId: ROOM, threadId: null, file: new File([bytes], name, { type: "text/plain" }), caption, voice: null }),
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

describe("files", { timeout: 20_000 }, () => {
    const texts = (at: { readonly room: Room }) => at.room.getPendingEvents().map((event) => event.getContent<{ body: string }>().body);
    const uploaded = (put: string[]) => async ({ file, progress }: FileToCarry) => {
        progress(0.5);
        put.push(`${file.name} ${file.type} ${await file.text()}`);
        return { msgtype: "m.file", body: file.name, url: `mxc://b/${put.length}` };
    };
    const eventually = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 15_000 });
    const onDisk = async (records: Records) => (await records.database.keys("waiting")).length;

    test("that were chosen without a network go after a reload, between the messages, as they were", async () => {
        const { records, again } = await emptyRecords();
        const first = await visit(records, []);
        first.fail(offline());
        await first.say("one");
        expect(first.choose("a.txt", "the bytes")).toBeNull();
        await first.say("two");
        expect(texts(first)).toEqual(["one", "a.txt", "two"]);
        await eventually(async () => expect(await onDisk(records)).toBe(1));
        await first.close();
        const sent: Sent[] = [];
        const put: string[] = [];
        const contents: unknown[] = [];
        const second = await visit(await again(), sent);
        second.outbox.carryWith(uploaded(put));
        second.serve((txnId, content) => {
            contents.push(content);
            sent.push({ txnId, body: content.body });
            return Promise.resolve(`$${txnId}`);
        });
        await second.outbox.sweep();
        await second.outbox.flush();
        expect(put).toEqual(["a.txt text/plain the bytes"]);
        expect(sent.map(({ body }) => body)).toEqual(["one", "a.txt", "two"]);
        // What was noted for this device has not left it.
        expect(contents[1]).toEqual({ msgtype: "m.file", body: "a.txt", url: "mxc://b/1" });
        expect(await onDisk(records)).toBe(0);
        expect(second.outbox.carried.getSnapshot().size).toBe(0);
        await second.close();
    });

    test("keep what was written after them behind them while they are on their way", async () => {
        const { records } = await emptyRecords();
        const sent: Sent[] = [];
        const page = await visit(records, sent);
        const arrived = Promise.withResolvers<object>();
        page.outbox.carryWith(() => arrived.promise);
        page.outbox.connected(true);
        page.choose("a.txt", "a");
        const flushed = page.outbox.flush();
        await eventually(() => expect([...page.outbox.carried.getSnapshot().values()]).toEqual([0]));
        await page.say("two");
        expect(sent).toEqual([]);
        arrived.resolve({ msgtype: "m.file", body: "a.txt", url: "mxc://b/1" });
        await flushed;
        expect(sent.map(({ body }) => body)).toEqual(["a.txt", "two"]);
        await page.close();
    });

    test("are kept in pieces when they are large", async () => {
        const { records, again } = await emptyRecords();
        const first = await visit(records, []);
        first.fail(offline());
        const bytes = new Uint8Array(5 * 1024 * 1024).map((_, at) => at % 251);
        first.choose("large.bin", bytes);
        await eventually(async () => expect(await onDisk(records)).toBe(2));
        await first.close();
        const second = await visit(await again(), []);
        let same = false;
        second.outbox.carryWith(async ({ file }) => {
            same = Buffer.from(await file.arrayBuffer()).equals(bytes);
            return { msgtype: "m.file", body: file.name, url: "mxc://b/1" };
        });
        await second.outbox.flush();
        expect(same).toBe(true);
        await second.close();
    });

    test("whose upload breaks wait on, and those that are refused hold up nothing", async () => {
        const { records } = await emptyRecords();
        const sent: Sent[] = [];
        const page = await visit(records, sent);
        page.fail(offline());
        page.choose("a.txt", "a");
        await page.say("two");
        page.outbox.carryWith(() => Promise.reject(new ConnectionError("broken")));
        await page.outbox.flush();
        expect(page.pending()).toEqual(["a.txt", "two"]);
        page.serve((txnId, { body }) => {
            sent.push({ txnId, body });
            return Promise.resolve(`$${txnId}`);
        });
        page.outbox.carryWith(() => Promise.reject(new Problem("tooLarge")));
        await page.outbox.flush();
        expect(sent.map(({ body }) => body)).toEqual(["two"]);
        const [file] = page.room.getPendingEvents();
        expect(problemOf(file?.error).code).toBe("tooLarge");
        expect(await onDisk(records)).toBe(1);
        page.outbox.carryWith(uploaded([]));
        if (file) page.outbox.resend(page.room, file);
        await eventually(() => expect(sent.map(({ body }) => body)).toEqual(["two", "a.txt"]));
        await page.close();
    });

    test("that are called off leave nothing, also while they are on their way", async () => {
        const { records } = await emptyRecords();
        const sent: Sent[] = [];
        const page = await visit(records, sent);
        page.outbox.carryWith(({ abort }) => new Promise((_, reject) => {
            abort.signal.addEventListener("abort", () => {
                reject(new DOMException("Aborted", "AbortError"));
            });
        }));
        page.choose("a.txt", "a");
        const flushed = page.outbox.flush();
        await eventually(() => expect(page.outbox.carried.getSnapshot().size).toBe(1));
        const [file] = page.room.getPendingEvents();
        if (file) page.client.cancelPendingEvent(file);
        await flushed;
        expect(page.room.getPendingEvents()).toEqual([]);
        expect(sent).toEqual([]);
        await eventually(async () => expect(await onDisk(records)).toBe(0));
        await page.close();
    });

    test("that are too large are not taken, alone or together", () => {
        const waiting = (bytes: number): WaitingFile => ({ id: "", name: "", type: "", bytes, caption: "", voice: null });
        expect(tooMuchToWait(WAITING_FILE_BYTES_MAX, [])).toBeNull();
        expect(tooMuchToWait(WAITING_FILE_BYTES_MAX + 1, [])).toBe("tooLargeToWait");
        expect(tooMuchToWait(WAITING_FILE_BYTES_MAX, [waiting(WAITING_BYTES_MAX - WAITING_FILE_BYTES_MAX)])).toBeNull();
        expect(tooMuchToWait(2, [waiting(WAITING_BYTES_MAX - 1)])).toBe("tooMuchWaits");
    });

    test("of which a piece is missing say so, and what nothing waits for is deleted", async () => {
        const { records, again } = await emptyRecords();
        await records.putBytes("waiting", "stray 0", new Uint8Array(3));
        const first = await visit(records, []);
        first.fail(offline());
        first.choose("a.txt", "a");
        await eventually(async () => expect(await onDisk(records)).toBe(2));
        await first.close();
        const second = await visit(await again(), []);
        await second.outbox.sweep();
        expect(await onDisk(records)).toBe(1);
        await records.database.clear(["waiting"]);
        second.outbox.carryWith(uploaded([]));
        await second.outbox.flush();
        expect(problemOf(second.room.getPendingEvents()[0]?.error).code).toBe("fileLost");
        await second.close();
    });
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
