import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { expectQuiet, until } from "./support/browser.js";
import { countFrames, memory, wheel } from "./support/frames.js";
import { field, message, person, say, sees } from "./support/people.js";
import { fill, makeRoom, session } from "./support/rooms.js";
import { makeAccount, startServer } from "./support/server.js";

const MESSAGES = 10_000;

/** More turns of the wheel than ten thousand messages need. */
const TURNS_MAX = 4_000;

const server = await startServer();

/** Whether a row of the timeline is to be seen. */
const inView = (page, text) =>
    page.evaluate((wanted) => {
        const box = document.querySelector("[role=log]").getBoundingClientRect();
        return [...document.querySelectorAll("[role=log] article")].some((row) => {
            const { top, bottom } = row.getBoundingClientRect();
            return row.textContent.includes(wanted) && bottom > box.top && top < box.bottom;
        });
    }, text);

/** Turns the wheel until `done`. */
async function scroll(page, pixels, done) {
    for (let turn = 0; turn < TURNS_MAX; turn += 1) {
        await wheel(page, pixels);
        if (turn % 10 === 0 && (await done())) return;
    }
    throw new Error("the end was not reached");
}

describe("a room of ten thousand messages", () => {
    let anna, roomId, ids;
    before(async () => {
        anna = await person(server, "anna", "Anna");
        const author = await session(server, await makeAccount(server, "boris", { displayName: "Boris" }));
        const reader = await session(server, anna.account);
        roomId = await makeRoom(server, author, "Long room", [reader]);
        ids = await fill(server, author, roomId, MESSAGES);
    });

    test("opens at once at the link to an old message, and goes on from there in both directions", async () => {
        const { page } = anna;
        const middle = MESSAGES / 2;
        await page.goto(`${server.url}/#/room/${encodeURIComponent(roomId)}/${encodeURIComponent(ids[middle - 1])}`);
        await message(anna, `message ${middle} `).waitFor();
        await until("the message is in sight", () => inView(page, `message ${middle} `));
        for (const pixels of [-2_000, 2_000]) for (let turn = 0; turn < 20; turn += 1) await wheel(page, pixels);
        await page.getByRole("button", { name: "To the latest message" }).click();
        await message(anna, `message ${MESSAGES} `).waitFor();
    });

    test("is read from its end to its beginning without a blank frame, in bounded memory", async (t) => {
        const { page } = anna;
        await page.goto(`${server.url}/#/`);
        await page.goto(`${server.url}/#/room/${encodeURIComponent(roomId)}`);
        await field(anna).waitFor();
        const atEnd = await memory(page);
        const stop = await countFrames(page);
        await scroll(page, -1_200, () => inView(page, "message 1 "));
        const frames = await stop();
        const atStart = await memory(page);
        t.diagnostic(`${frames.frames} frames, ${frames.blank} blank, ${frames.late} later than 50 ms, longest ${frames.longest.toFixed(0)} ms`);
        t.diagnostic(`scripts' memory ${atEnd.heapMb.toFixed(0)} MB at the end, ${atStart.heapMb.toFixed(0)} MB at the beginning; ${atStart.nodes} nodes`);
        assert.equal(frames.blank, 0);
        assert.ok(atStart.nodes < 20_000, `only what is near the window exists: ${atStart.nodes} nodes`);
        expectQuiet(anna);
    });

    test("takes a message at its end while its beginning is read", async () => {
        const { page } = anna;
        await say(anna, "written at the beginning");
        await until("the message is at the end", () => inView(page, "written at the beginning"));
        await sees(anna, "written at the beginning");
    });
});
