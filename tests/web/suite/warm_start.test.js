import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { accessibility } from "../support/browser.js";
import { main, person, roomRow, say, sees } from "../support/people.js";
import { fill, makeRoom, session } from "../support/rooms.js";
import { makeAccount, startServer } from "../support/server.js";

const ROOMS = ["Accounting", "Engineering"];

const server = await startServer();

/** Holds up the code that a session is opened with, as a slow device does; gives what lets it through. */
async function hold({ page }) {
    let letThrough;
    const allowed = new Promise((resolve) => (letThrough = resolve));
    await page.route("**/assets/engine-*.js", async (route) => {
        await allowed;
        // A page that was left meanwhile does not want it any more.
        await route.continue().catch(() => undefined);
    });
    return async () => {
        letThrough();
        await page.unroute("**/assets/engine-*.js");
    };
}

/** Nothing was complained about but what this test forbids. */
const expectQuiet = ({ complaints }) => assert.deepEqual(complaints.filter((text) => !text.includes("blocked by Playwright")), []);

const opening = ({ page }) => page.getByRole("progressbar");

/** Opens the page again with its session held up, once all rooms are in the list that was kept; gives what lets the session through. */
async function openAgainHeld(who) {
    for (;;) {
        const release = await hold(who);
        await who.page.reload();
        await opening(who).first().waitFor();
        const rows = await Promise.all(ROOMS.map((name) => roomRow(who, name).count()));
        if (rows.every((count) => count === 1)) return release;
        // The list is kept a moment after it was shown, which nothing on the page tells of.
        await release();
        for (const name of ROOMS) await roomRow(who, name).waitFor();
        await who.page.getByText("Connecting…").waitFor({ state: "detached" });
    }
}

describe("the page opened again", () => {
    let anna;
    before(async () => {
        // What the service worker answers cannot be held up.
        anna = await person(server, "anna", "Anna", { serviceWorkers: "block" });
        const author = await session(server, await makeAccount(server, "boris", { displayName: "Boris" }));
        const reader = await session(server, anna.account);
        for (const name of ROOMS) {
            const roomId = await makeRoom(server, author, name, [reader]);
            await fill(server, author, roomId, 3);
        }
        for (const name of ROOMS) await roomRow(anna, name).waitFor();
    });

    test("shows the rooms, their last words and who I am before the session is open", async () => {
        const release = await openAgainHeld(anna);
        await roomRow(anna, "Accounting").getByText(/message [123]/).waitFor();
        await anna.page.getByRole("button", { name: "Anna: account menu" }).waitFor();
        assert.deepEqual(await accessibility(anna.page), []);
        await release();
        await anna.page.getByText("Hello, Anna").waitFor();
        expectQuiet(anna);
    });

    test("a room that is chosen meanwhile says that it is coming, and comes", async () => {
        const release = await openAgainHeld(anna);
        await roomRow(anna, "Engineering").click();
        await main(anna).getByRole("heading", { name: "Engineering" }).waitFor();
        await opening(anna).first().waitFor();
        assert.deepEqual(await accessibility(anna.page), []);
        await release();
        await sees(anna, "message 3");
        await say(anna, "I was here early");
        await sees(anna, "I was here early");
        expectQuiet(anna);
    });

    test("what is chosen in a menu meanwhile happens, too", async () => {
        const release = await openAgainHeld(anna);
        await anna.page.keyboard.press("Control+K");
        await release();
        await anna.page.getByRole("dialog").getByRole("combobox").waitFor();
        await anna.page.keyboard.press("Escape");
    });

    test("a row that has the focus keeps it while the session opens", async () => {
        await anna.page.evaluate(() => (location.hash = "#/"));
        const release = await openAgainHeld(anna);
        await roomRow(anna, "Accounting").focus();
        await release();
        await anna.page.getByText("Hello, Anna").waitFor();
        assert.equal(await roomRow(anna, "Accounting").evaluate((row) => row === document.activeElement), true);
    });

    test("shows nothing of it once the device is signed out", async () => {
        const { page } = anna;
        await page.getByRole("button", { name: "Anna: account menu" }).click();
        await page.getByRole("menuitem", { name: "Sign out" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
        await page.getByRole("heading", { name: "Sign in" }).waitFor();
        const release = await hold(anna);
        await page.reload();
        await page.getByRole("heading", { name: "Sign in" }).waitFor();
        assert.equal(await page.locator("a[data-room]").count(), 0);
        assert.equal(await page.getByText("Accounting").count(), 0);
        assert.equal(await page.evaluate(() => localStorage.getItem("veche.signedIn")), null);
        await release();
    });
});
