import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { expectQuiet, until } from "../support/browser.js";
import { countFrames, memory, wheel } from "../support/frames.js";
import { field, message, person, say, sees } from "../support/people.js";
import { fill, makeRoom, session } from "../support/rooms.js";
import { makeAccount, startServer } from "../support/server.js";

const MESSAGES = 10_000;

/** One turn of the wheel, in pixels: a screen and a half. */
const TURN = 1_200;
/** More turns of it than ten thousand messages need. */
const TURNS_MAX = 1_000;
/** More messages than one turn can pass, each of which is higher than a line of text; they stand not quite in order. */
const PASSED_MAX = TURN / 20 + 50;

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

/** The number of the topmost message that is to be seen. */
const topNumber = (page) =>
    page.evaluate(() => {
        const box = document.querySelector("[role=log]").getBoundingClientRect();
        const row = [...document.querySelectorAll("[role=log] article")].find((one) => one.getBoundingClientRect().bottom > box.top);
        return Number(/message (\d+)/.exec(row?.textContent ?? "")?.[1]);
    });

/** Turns the wheel until the message at the top is `done`; answers the numbers at the top after each turn. */
async function scroll(page, pixels, done) {
    const seen = [await topNumber(page)];
    for (let turn = 0; turn < TURNS_MAX; turn += 1) {
        await wheel(page, pixels);
        seen.push(await topNumber(page));
        if (done(seen.at(-1))) return seen;
    }
    throw new Error(`the end was not reached: ${seen.at(-1)}`);
}

/** The farthest that one turn of the wheel led. */
const farthest = (numbers) => Math.max(...numbers.slice(1).map((number, index) => Math.abs(number - numbers[index])));

describe("a room of ten thousand messages", () => {
    let anna, author, roomId, ids;
    before(async () => {
        anna = await person(server, "anna", "Anna");
        author = await session(server, await makeAccount(server, "boris", { displayName: "Boris" }));
        roomId = await makeRoom(server, author, "Long room", [await session(server, anna.account)]);
        ids = await fill(server, author, roomId, MESSAGES / 2);
    });

    test("stays at the message that a link led to while others are written behind it", async () => {
        const { page } = anna;
        const linked = MESSAGES / 2 - 60;
        const writing = fill(server, author, roomId, MESSAGES / 2, MESSAGES / 2);
        await page.goto(`${server.url}/#/room/${encodeURIComponent(roomId)}/${encodeURIComponent(ids[linked - 1])}`);
        await message(anna, `message ${linked} `).waitFor();
        ids = [...ids, ...(await writing)];
        await until("the message is in sight", () => inView(page, `message ${linked} `));
    });

    test("opens at once at the link to an old message, and goes on from there in both directions", async () => {
        const { page } = anna;
        const middle = MESSAGES / 4;
        await page.goto(`${server.url}/#/room/${encodeURIComponent(roomId)}/${encodeURIComponent(ids[middle - 1])}`);
        await message(anna, `message ${middle} `).waitFor();
        await until("the message is in sight", () => inView(page, `message ${middle} `));
        const up = await scroll(page, -TURN, (number) => number < middle - 300);
        assert.ok(farthest(up) < PASSED_MAX, `upwards: ${up}`);
        const down = await scroll(page, TURN, (number) => number > middle + 300);
        assert.ok(farthest(down) < PASSED_MAX, `downwards: ${down}`);
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
        const read = await scroll(page, -TURN, (number) => number === 1);
        const frames = await stop();
        const atStart = await memory(page);
        t.diagnostic(`${read.length} turns; ${frames.frames} frames, ${frames.blank} blank, ${frames.late} later than 50 ms, longest ${frames.longest.toFixed(0)} ms`);
        t.diagnostic(`scripts' memory ${atEnd.heapMb.toFixed(0)} MB at the end, ${atStart.heapMb.toFixed(0)} MB at the beginning; ${atStart.nodes} nodes`);
        assert.equal(frames.blank, 0);
        assert.ok(farthest(read) < PASSED_MAX, `nothing is skipped: ${farthest(read)}`);
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
