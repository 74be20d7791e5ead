import assert from "node:assert/strict";
import { createDecipheriv, createHash } from "node:crypto";
import { before, describe, test } from "node:test";
import "fake-indexeddb/auto";
import { expectQuiet } from "../../web/support/browser.js";
import { standInFront } from "../../web/support/pages.js";
import { act, message, openPage, say as write, sees, setUp, signIn } from "../../web/support/people.js";
import { makeAccount } from "../../web/support/server.js";
import { person } from "../support/people.js";
import { allEvents, receives, say } from "../support/rooms.js";
import { baseUrl } from "../support/server.js";
import { until } from "../support/wait.js";

/** Browsers give pages of plain HTTP their cryptography on this machine only. */
const own = baseUrl.replace("127.0.0.1", "localhost");
const folder = process.env.VECHE_TEST_PAGES;
const server = { url: folder ? await standInFront(own, folder) : own };

/** Another server brings no pages of ours. */
const skip = process.env.VECHE_TEST_URL ? "the pages are in the binary" : false;

describe("somebody in our page and somebody with another client, in one encrypted room", { skip }, () => {
    let anna, bob, roomId, room;
    before(async () => {
        bob = await person("bob", { crypto: true });
        const account = await makeAccount(server, "anna", { displayName: "Anna" });
        anna = { ...(await openPage(server)), account };
        await signIn(anna, account);
        await setUp(anna);
        ({ room_id: roomId } = await bob.createRoom({
            name: "Both of us",
            preset: "private_chat",
            invite: [account.userId],
            initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
        }));
        await anna.page.getByRole("navigation").getByRole("button", { name: "Accept" }).click();
        room = await until("the room is there", bob, () => bob.getRoom(roomId));
        await until("Anna is in it", bob, () => room.getMember(account.userId)?.membership === "join");
    });

    /** What bob has of the room that fits. */
    const gets = (what, fits) => until(`bob gets ${what}`, [bob, room], () => allEvents(room).find((event) => !event.isBeingDecrypted() && fits(event)));

    test("each reads what the other writes, and the server neither", async () => {
        await say(bob, roomId, "Hello, Anna");
        await sees(anna, "Hello, Anna");
        await write(anna, "Здравствуй, Боб");
        const answer = await gets("the answer", (event) => event.getContent().body === "Здравствуй, Боб");
        assert.equal(answer.getWireType(), "m.room.encrypted");
        assert.equal(JSON.stringify(await bob.fetchRoomEvent(roomId, answer.getId())).includes("Здравствуй"), false);
    });

    test("a reaction, an edit and a deletion are the same for both", async () => {
        const id = await say(bob, roomId, "at tne");
        await sees(anna, "at tne");
        await act(anna, "at tne", "React with 👍");
        await gets("the reaction", (event) => event.getRelation()?.event_id === id && event.getRelation().key === "👍");
        await bob.sendEvent(roomId, "m.room.message", {
            "msgtype": "m.text",
            "body": "* at ten",
            "m.new_content": { msgtype: "m.text", body: "at ten" },
            "m.relates_to": { rel_type: "m.replace", event_id: id },
        });
        await sees(anna, "at ten");
        await bob.redactEvent(roomId, id);
        await message(anna, "at ten").waitFor({ state: "detached" });
    });

    test("a file goes from the page to the other client, sealed", async () => {
        const bytes = Buffer.from("what only the two of us read");
        await anna.page.getByTestId("file-input").first().setInputFiles({ name: "secret.txt", mimeType: "text/plain", buffer: bytes });
        const { file, body } = (await gets("the file", (event) => event.getContent().msgtype === "m.file")).getContent();
        assert.equal(body, "secret.txt");
        const url = bob.mxcUrlToHttp(file.url, undefined, undefined, undefined, false, true, true);
        const answer = await fetch(url, { headers: { authorization: `Bearer ${bob.getAccessToken()}` } });
        const sealed = Buffer.from(await answer.arrayBuffer());
        assert.equal(createHash("sha256").update(sealed).digest("base64").replace(/=+$/, ""), file.hashes.sha256);
        const opened = createDecipheriv("aes-256-ctr", Buffer.from(file.key.k, "base64url"), Buffer.from(file.iv, "base64"));
        assert.deepEqual(opened.update(sealed), bytes);
    });

    test("an answer in a thread lands in the thread", async () => {
        const root = await say(bob, roomId, "Where shall we meet?");
        await sees(anna, "Where shall we meet?");
        await say(bob, roomId, "In the yard?", root);
        await message(anna, "Where shall we meet?").getByRole("button", { name: /1 reply/ }).click();
        const panel = anna.page.getByRole("complementary");
        await sees(anna, "In the yard?", panel);
        await write(anna, "At the gate", panel);
        const answer = await gets("the answer", (event) => event.getContent().body === "At the gate");
        assert.equal(answer.threadRootId, root);
        await receives(bob, roomId, answer.getId());
    });

    test("nothing of this made the browser complain", () => {
        expectQuiet(anna);
    });
});
