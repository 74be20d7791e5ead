import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { accessibility, expectQuiet, until } from "../support/browser.js";
import { converse, field, main, message, openRoomId, panel, person, roomRow, say, sees } from "../support/people.js";
import { request, startServer, token } from "../support/server.js";

const server = await startServer();

/** Notifications that the page has shown, with what they say: there is no desktop on which they could be seen. */
async function watchNotifications({ page }) {
    await page.evaluate(() => {
        globalThis.shown = [];
        ServiceWorkerRegistration.prototype.showNotification = function (title, options) {
            globalThis.shown.push({ title, body: options.body });
            return Promise.resolve();
        };
        globalThis.Notification = class {
            static permission = "granted";
            constructor(title, options) {
                globalThis.shown.push({ title, body: options.body });
            }
            close() {}
        };
    });
}
const notifications = ({ page }) => page.evaluate(() => globalThis.shown);

describe("a working day", () => {
    let anna, boris, roomId, annaApi;
    before(async () => {
        anna = await person(server, "anna", "Anna");
        boris = await person(server, "boris", "Boris");
        await converse(anna, boris);
        annaApi = await token(server, anna.account);
        const { room_id: id } = await request(server, annaApi, "POST", "/_matrix/client/v3/createRoom", { name: "Kitchen", preset: "public_chat" });
        roomId = id;
        const borisApi = await token(server, boris.account);
        await request(server, borisApi, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
        await roomRow(boris, "Kitchen").waitFor();
    });

    test("what is half written is there again, and the list says that something is", async () => {
        await roomRow(anna, "Kitchen").click();
        await field(anna).fill("half a sentence");
        await roomRow(anna, "Boris").click();
        await until("the field is that of the conversation", async () => (await field(anna).inputValue()) === "");
        await roomRow(anna, "Kitchen").click();
        await until("the draft is back", async () => (await field(anna).inputValue()) === "half a sentence");
        await field(anna).fill("");
    });

    test("who is named finds the room marked with it", async () => {
        await boris.page.goto(`${server.url}/#/`);
        await field(anna).pressSequentially("@Bor");
        await anna.page.getByRole("option", { name: /Boris/ }).waitFor();
        await anna.page.keyboard.press("Enter");
        await field(anna).pressSequentially("the coffee is ready");
        await field(anna).press("Enter");
        await roomRow(boris, "Kitchen").getByText("1 message that names you").waitFor({ state: "attached" });
        await roomRow(boris, "Kitchen").click();
        await sees(boris, "the coffee is ready");
        await until("it is read", async () => (await roomRow(boris, "Kitchen").getByText("1 message that names you").count()) === 0);
    });

    test("a notification says who and what, and none comes while nobody is to be disturbed", async () => {
        await watchNotifications(boris);
        await boris.page.goto(`${server.url}/#/settings/notifications`);
        await boris.page.getByRole("switch", { name: "Show notifications" }).check();
        await boris.page.goto(`${server.url}/#/`);
        await roomRow(anna, "Boris").click();
        await say(anna, "are you there?");
        await until("it is shown", async () => (await notifications(boris)).some(({ title, body }) => title === "Anna" && body === "are you there?"));
        await boris.page.getByRole("button", { name: "Boris: account menu" }).click();
        await boris.page.getByRole("menuitem", { name: "For an hour" }).click();
        await say(anna, "never mind");
        await roomRow(boris, "Anna").getByText("never mind").waitFor();
        assert.equal((await notifications(boris)).some(({ body }) => body === "never mind"), false);
        await boris.page.getByRole("button", { name: "Boris: account menu" }).click();
        await boris.page.getByRole("menuitem", { name: "Turn notifications on again" }).click();
    });

    test("the card of a person says whether they are there, and leads to the conversation", async () => {
        await roomRow(anna, "Kitchen").click();
        await main(anna).getByRole("button", { name: "Members", exact: true }).click();
        await panel(anna).getByRole("button", { name: /Boris/ }).click();
        await panel(anna).getByText("Online", { exact: true }).waitFor();
        assert.deepEqual(await accessibility(anna.page), []);
        await panel(anna).getByRole("button", { name: "Write", exact: true }).click();
        await until("the conversation is open", async () => openRoomId(anna) !== roomId);
    });

    test("a room says who can read it, guests and programs apart", async () => {
        await request(server, annaApi, "PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/io.element.functional_members`, { service_members: [boris.account.userId] });
        await roomRow(anna, "Kitchen").click();
        await main(anna).getByRole("button", { name: "About this room", exact: true }).click();
        const audience = panel(anna).getByRole("list", { name: "Who is in this room" });
        await audience.getByText("1 colleague").waitFor();
        await audience.getByText("1 bot").waitFor();
        await panel(anna).getByText("Open channel. Everybody of the company can enter and read").waitFor();
        await roomRow(anna, "Boris").click();
        await main(anna).getByRole("button", { name: "About this room", exact: true }).click();
        await panel(anna).getByRole("list", { name: "Who is in this room" }).getByText("2 colleagues").waitFor();
        await panel(anna).getByText("End-to-end encrypted. The members can read").waitFor();
        await panel(anna).getByRole("button", { name: "Close" }).click();
    });

    test("code keeps its form, and a link is a link without anything fetched for it", async () => {
        const fetched = [];
        boris.page.on("request", (asked) => fetched.push(asked.url()));
        await say(anna, "```js\nconst a = 1;\n```");
        await roomRow(boris, "Anna").click();
        await main(boris).locator("pre code").getByText("const a = 1;").waitFor();
        await say(anna, "see https://example.org/page");
        const link = (await sees(boris, "see https://example.org/page")).getByRole("link");
        assert.equal(await link.getAttribute("href"), "https://example.org/page");
        assert.match(await link.getAttribute("rel"), /noopener/);
        assert.deepEqual(fetched.filter((url) => url.includes("example.org") || url.includes("preview_url")), []);
    });

    test("emoji come by their name while writing", async () => {
        await field(anna).pressSequentially("done :rocket");
        await anna.page.getByRole("option", { name: /rocket/ }).first().waitFor();
        await anna.page.keyboard.press("Enter");
        await field(anna).press("Enter");
        await sees(boris, "done 🚀");
    });

    test("the sheet of shortcuts opens by a question mark", async () => {
        await anna.page.evaluate(() => document.activeElement.blur());
        await anna.page.keyboard.press("?");
        const sheet = anna.page.getByRole("dialog");
        await sheet.getByText("Go to a room or a person").waitFor();
        assert.deepEqual(await accessibility(anna.page), []);
        await anna.page.keyboard.press("Escape");
        await sheet.waitFor({ state: "detached" });
    });

    test("names of 300 characters, from right to left, and of HTML hold the page together", async () => {
        const names = ["n".repeat(250), "שלום עולם", "<b onclick=alert(1)>bold</b>", "🎉".repeat(40)];
        for (const name of names) await request(server, annaApi, "POST", "/_matrix/client/v3/createRoom", { name, preset: "private_chat" });
        for (const name of names) await roomRow(anna, name).waitFor();
        await roomRow(anna, names[0]).click();
        await field(anna).waitFor();
        const wide = await anna.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0);
        assert.equal(await anna.page.locator("b[onclick]").count(), 0);
    });

    test("nothing of this made the browser complain", () => {
        expectQuiet(anna);
        expectQuiet(boris);
    });
});

test("a fault in one part of the page leaves the others alone, and the page can be loaded again", async () => {
    const anna = await person(server, "anna", "Anna");
    const { page } = anna;
    const api = await token(server, anna.account);
    await request(server, api, "POST", "/_matrix/client/v3/createRoom", { name: "Faulty", preset: "private_chat" });
    await roomRow(anna, "Faulty").waitFor();
    await page.evaluate(() => {
        const measure = Element.prototype.getBoundingClientRect;
        Element.prototype.getBoundingClientRect = function () {
            if (this.dataset?.key) throw new Error("a fault");
            return measure.call(this);
        };
    });
    await roomRow(anna, "Faulty").click();
    await main(anna).getByRole("heading", { name: "This page could not be shown" }).waitFor();
    await roomRow(anna, "Faulty").waitFor();
    await main(anna).getByRole("button", { name: "Load again" }).click();
    await field(anna).waitFor();
});

test("on a telephone the list and the room take turns, and both hold the screen", async () => {
    const anna = await person(server, "anna", "Anna", { viewport: { width: 360, height: 740 }, hasTouch: true });
    const { page } = anna;
    const api = await token(server, anna.account);
    await request(server, api, "POST", "/_matrix/client/v3/createRoom", { name: "Pocket", preset: "private_chat" });
    await roomRow(anna, "Pocket").tap();
    await field(anna).waitFor();
    assert.equal(await roomRow(anna, "Pocket").isVisible(), false);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), false);
    await say(anna, "from the pocket");
    await message(anna, "from the pocket").waitFor();
    assert.deepEqual(await accessibility(page), []);
    await page.getByRole("button", { name: "Back to the rooms" }).tap();
    await roomRow(anna, "Pocket").waitFor();
    expectQuiet(anna);
});
