// Figures of the pages: what is loaded, and how long people wait. Run by `make bench`; nothing here passes or fails by the clock.
//
// Each figure is taken on a slowed-down browser: a processor of a quarter of the speed, and the network of a telephone (4G);
// opening the page again is measured on the machine as it is, too.
// The server's own time is in it; it stands idle otherwise.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { newProfile } from "./support/browser.js";
import { field, message, person, signIn } from "./support/people.js";
import { fill, makeRoom, session } from "./support/rooms.js";
import { makeAccount, startServer } from "./support/server.js";
import { claim, openWizard, start, steps, unclaimed, writeFirstMessage } from "./support/wizard.js";

const CPU_TIMES_SLOWER = 4;
/** What Chromium's own tools call "Fast 4G". */
const NETWORK = { offline: false, latency: 165, downloadThroughput: (8.1e6 / 8) | 0, uploadThroughput: (1.35e6 / 8) | 0 };
const ROOMS = 50;
const MESSAGES = 10_000;
const ECHOES = 30;

const server = await startServer();

/** The kinds that bytes are counted by: what the server says, the cryptography, and the client itself. */
function kindOf(url) {
    if (url.includes("/_matrix/") || url.includes("/api/")) return "api";
    return url.endsWith(".wasm") ? "wasm" : "client";
}

/** What the service worker has got over the network since it was started: most of the shell, while the page goes on. */
async function ofServiceWorker(page) {
    const [worker] = page.context().serviceWorkers();
    const got = (await worker?.evaluate(() => performance.getEntriesByType("resource").map(({ name, transferSize }) => [name, transferSize]))) ?? [];
    const sizes = { client: 0, wasm: 0, api: 0 };
    for (const [url, bytes] of got) sizes[kindOf(url)] += bytes;
    return sizes;
}

/** Counts what the page and its service worker load from now on, in bytes as they come over the network; gives the sums so far. */
async function watchBytes(devtools, page) {
    const sizes = { client: 0, wasm: 0, api: 0 };
    const urls = new Map();
    devtools.on("Network.responseReceived", ({ requestId, response }) => {
        // What the service worker answers is counted where that got it.
        if (!response.fromServiceWorker) urls.set(requestId, response.url);
    });
    devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
        const url = urls.get(requestId);
        if (url !== undefined) sizes[kindOf(url)] += encodedDataLength;
    });
    await devtools.send("Network.enable");
    const before = await ofServiceWorker(page);
    return async () => {
        const shell = await ofServiceWorker(page);
        // It may have been started anew meanwhile, and counts from nothing then.
        for (const kind of Object.keys(shell)) if (shell[kind] >= before[kind]) shell[kind] -= before[kind];
        return { ...sizes, shell };
    };
}

async function slow(page, times = CPU_TIMES_SLOWER) {
    const devtools = await page.context().newCDPSession(page);
    const bytes = await watchBytes(devtools, page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: times });
    if (times > 1) await devtools.send("Network.emulateNetworkConditions", NETWORK);
    return { devtools, bytes };
}

async function timed(work) {
    const begin = performance.now();
    await work();
    return performance.now() - begin;
}

const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
const parts = ({ client, wasm, api }) => `${kB(client)} of the client, ${kB(wasm)} of cryptography, ${kB(api)} of the API`;
const loaded = ({ shell, ...page }) => `${parts(page)}; by the service worker ${parts(shell)}`;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

describe("pages on a processor four times slower and 4G", () => {
    let anna;
    before(async () => {
        anna = await person(server, "anna", "Anna");
        const author = await session(server, await makeAccount(server, "boris", { displayName: "Boris" }));
        const reader = await session(server, anna.account);
        for (let number = 1; number <= ROOMS; number += 1) {
            const roomId = await makeRoom(server, author, `Room ${number}`, [reader]);
            await fill(server, author, roomId, 20);
        }
    });

    test("the page to sign in, for the first time", async (t) => {
        const { context } = await newProfile();
        const page = await context.newPage();
        const { bytes } = await slow(page);
        const took = await timed(async () => {
            await page.goto(server.url, { waitUntil: "commit" });
            await page.getByLabel("User name").click({ trial: true });
        });
        t.diagnostic(`usable after ${seconds(took)}; ${loaded(await bytes())}`);
        await context.close();
    });

    test(`the list of ${ROOMS} rooms, signing in for the first time`, async (t) => {
        const { context } = await newProfile();
        const page = await context.newPage();
        const { bytes } = await slow(page);
        await page.goto(server.url);
        await page.getByLabel("User name").waitFor();
        const took = await timed(async () => {
            await signIn({ page }, anna.account);
            await page.locator("a[data-room]").first().waitFor();
        });
        t.diagnostic(`from "Sign in" to rooms: ${seconds(took)}; ${loaded(await bytes())}`);
        await context.close();
    });

    for (const times of [CPU_TIMES_SLOWER, 1]) {
        test(`the list of ${ROOMS} rooms, when the page is opened again (processor ${times} times slower)`, async (t) => {
            await anna.page.close();
            anna.page = await anna.context.newPage();
            const { page } = anna;
            const { bytes } = await slow(page, times);
            const begin = performance.now();
            await page.goto(server.url, { waitUntil: "commit" });
            const row = page.locator("a[data-room]").first();
            await row.click({ trial: true });
            const usable = performance.now() - begin;
            // What is clicked before the session is open must not be lost.
            await row.click();
            await field(anna).waitFor();
            const opened = performance.now() - begin;
            t.diagnostic(`usable after ${seconds(usable)}, the room that was chosen after ${seconds(opened)}; ${loaded(await bytes())}`);
        });
    }
});

describe(`a room of ${MESSAGES} messages`, () => {
    let anna, roomId;
    before(async () => {
        anna = await person(server, "anna", "Anna");
        const author = await session(server, await makeAccount(server, "boris", { displayName: "Boris" }));
        roomId = await makeRoom(server, author, "Long room", [await session(server, anna.account)]);
        await fill(server, author, roomId, MESSAGES);
    });

    test("from the key to the message on the screen", async (t) => {
        const { page } = anna;
        await page.goto(`${server.url}/#/room/${encodeURIComponent(roomId)}`);
        await field(anna).waitFor();
        const taken = [];
        for (let number = 0; number < ECHOES; number += 1) {
            const text = `echo ${number}.`;
            await field(anna).fill(text);
            const shown = page.evaluate(
                (wanted) =>
                    new Promise((resolve) => {
                        let pressed = 0;
                        document.addEventListener("keydown", () => (pressed = performance.now()), { once: true, capture: true });
                        const watcher = new MutationObserver(() => {
                            if (![...document.querySelectorAll("[role=log] article")].some((row) => row.textContent.includes(wanted))) return;
                            watcher.disconnect();
                            requestAnimationFrame(() => resolve(performance.now() - pressed));
                        });
                        watcher.observe(document.querySelector("[role=log]"), { childList: true, subtree: true, characterData: true });
                    }),
                text,
            );
            await field(anna).press("Enter");
            taken.push(await shown);
            await message(anna, text).waitFor();
        }
        taken.sort((one, other) => one - other);
        assert.equal(taken.length, ECHOES);
        t.diagnostic(`p50 ${at(taken, 0.5).toFixed(0)} ms, p95 ${at(taken, 0.95).toFixed(0)} ms (browser at full speed)`);
    });
});

test("a server that nobody has set up: from the claim code to the owner's first message", async (t) => {
    const wizard = await openWizard(await unclaimed());
    const took = await timed(async () => {
        await claim(wizard);
        for (const step of Object.values(steps)) await step(wizard);
        await start(wizard);
        await writeFirstMessage(wizard);
    });
    // Nobody reads or thinks in it: it is what the pages and the server take.
    t.diagnostic(`${seconds(took)} for ${Object.keys(steps).length} pages, the chat's sign-in and its recovery key`);
});
