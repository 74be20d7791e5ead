import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { expectQuiet, until } from "../support/browser.js";
import { converse, field, main, message, openPage, panel, person, roomRow, say, sees, signIn } from "../support/people.js";
import { fill, makeRoom, session } from "../support/rooms.js";
import { makeAccount, request, startServer } from "../support/server.js";

const DAY_MS = 24 * 60 * 60 * 1000;

const server = await startServer();

/** Opens the card of somebody in the room that is open. */
async function openCard(who, name) {
    await main(who).getByRole("button", { name: "Members", exact: true }).click();
    await panel(who).getByRole("button", { name }).click();
}

const closePanel = (who) => panel(who).getByRole("button", { name: "Close" }).click();

describe("among people", () => {
    let anna, boris, annaApi, borisApi, roomId;
    before(async () => {
        anna = await person(server, "anna", "Anna");
        boris = await person(server, "boris", "Boris");
        annaApi = await session(server, anna.account);
        borisApi = await session(server, boris.account);
        roomId = await makeRoom(server, annaApi, "Kitchen", [borisApi]);
        await converse(anna, boris);
    });

    test("one verifies the other by comparing emoji, and the card says so", async () => {
        await roomRow(anna, "Kitchen").click();
        await openCard(anna, /Boris/);
        await panel(anna).getByRole("button", { name: "Verify", exact: true }).click();
        await boris.page.getByRole("dialog").getByRole("button", { name: "Continue" }).click();
        await anna.page.getByRole("button", { name: "Compare emoji instead" }).click();
        for (const { page } of [anna, boris]) await page.getByRole("button", { name: "They are the same" }).click();
        await anna.page.getByText("You have verified Boris").waitFor();
        await boris.page.getByText("You have verified Anna").waitFor();
        for (const { page } of [anna, boris]) await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
        await panel(anna).getByText("Verified", { exact: true }).waitFor();
        await closePanel(anna);
    });

    test("a keyword calls like a name does", async () => {
        await anna.page.goto(`${server.url}/#/settings/notifications`);
        await anna.page.getByLabel("New keyword").fill("pizza");
        await anna.page.getByRole("button", { name: "Add", exact: true }).click();
        await anna.page.getByRole("button", { name: "Remove the keyword pizza" }).waitFor();
        await roomRow(boris, "Kitchen").click();
        await say(boris, "who wants Pizza?");
        await roomRow(anna, "Kitchen").getByText("1 message that names you").waitFor({ state: "attached" });
        await anna.page.getByRole("button", { name: "Remove the keyword pizza" }).click();
        await until("it is gone", async () => (await anna.page.getByRole("button", { name: "Remove the keyword pizza" }).count()) === 0);
    });

    test("who was away for long jumps to the first message that they have not read", async () => {
        await roomRow(anna, "Kitchen").click();
        await sees(anna, "who wants Pizza?");
        await until("it is read", async () => (await roomRow(anna, "Kitchen").getByText("message that names you").count()) === 0);
        await anna.page.goto(`${server.url}/#/`);
        await fill(server, borisApi, roomId, 150);
        await roomRow(anna, "Kitchen").getByText("150 unread messages").waitFor({ state: "attached" });
        await roomRow(anna, "Kitchen").click();
        await anna.page.getByRole("button", { name: "To the first unread message" }).click();
        await anna.page.getByText("New messages", { exact: true }).waitFor();
        await until("the line is in sight", () =>
            anna.page.evaluate(() => {
                const box = document.querySelector("[role=log]").getBoundingClientRect();
                const line = document.querySelector("[data-key=unread]").getBoundingClientRect();
                return line.top >= box.top && line.bottom <= box.bottom;
            }),
        );
        await sees(anna, "message 1 ");
    });

    test("who is ignored is not heard until they are listened to again", async () => {
        await anna.page.goto(`${server.url}/#/`);
        await roomRow(anna, "Kitchen").click();
        await openCard(anna, /Boris/);
        await panel(anna).getByRole("button", { name: "Ignore", exact: true }).click();
        await panel(anna).getByRole("button", { name: "Stop ignoring" }).waitFor();
        await say(boris, "can you hear me?");
        await sees(boris, "can you hear me?");
        await say(anna, "it is quiet here");
        await sees(anna, "it is quiet here");
        assert.equal(await message(anna, "can you hear me?").count(), 0);
        await panel(anna).getByRole("button", { name: "Stop ignoring" }).click();
        await panel(anna).getByRole("button", { name: "Ignore", exact: true }).waitFor();
        await say(boris, "and now?");
        await sees(anna, "and now?");
        await closePanel(anna);
    });

    test("who is removed from a room loses it and can come back; who is banned cannot", async () => {
        await openCard(anna, /Boris/);
        await panel(anna).getByRole("button", { name: "Remove from the room" }).click();
        await main(anna).getByText("Anna removed Boris").waitFor();
        await until("the room is gone", async () => (await roomRow(boris, "Kitchen").count()) === 0);
        await request(server, borisApi, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
        await roomRow(boris, "Kitchen").waitFor();
        await closePanel(anna);
        await openCard(anna, /Boris/);
        await panel(anna).getByRole("button", { name: "Ban from the room" }).click();
        await main(anna).getByText("Anna banned Boris").waitFor();
        await until("the room is gone", async () => (await roomRow(boris, "Kitchen").count()) === 0);
        await assert.rejects(request(server, borisApi, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {}), /M_FORBIDDEN/);
        await panel(anna).getByRole("button", { name: "Lift the ban" }).click();
        await main(anna).getByText("Anna lifted the ban of Boris").waitFor();
        await closePanel(anna);
    });

    test("a member may neither remove nor ban", async () => {
        const carla = await session(server, await makeAccount(server, "carla", { displayName: "Carla" }));
        for (const one of [borisApi, carla]) await request(server, one, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
        await roomRow(boris, "Kitchen").click();
        await openCard(boris, /Carla/);
        await panel(boris).getByRole("button", { name: "Ignore", exact: true }).waitFor();
        for (const name of ["Remove from the room", "Ban from the room"]) assert.equal(await panel(boris).getByRole("button", { name }).count(), 0);
        await closePanel(boris);
    });

    test("nothing of this made the browser complain", () => {
        expectQuiet(anna);
        expectQuiet(boris);
    });
});

test("the recovery key is printed alone on its sheet", async () => {
    const account = await makeAccount(server, "dora", { displayName: "Dora" });
    const dora = await openPage(server);
    const { page } = dora;
    await signIn(dora, account);
    const key = page.getByTestId("recovery-key");
    await key.waitFor();
    await page.evaluate(() => {
        window.printed = 0;
        window.print = () => (window.printed += 1);
    });
    await page.getByRole("button", { name: "Print" }).click();
    assert.equal(await page.evaluate(() => window.printed), 1);
    await page.emulateMedia({ media: "print" });
    await page.getByText(account.userId).waitFor();
    assert.equal(await key.isVisible(), true);
    for (const name of ["Print", "Done"]) assert.equal(await page.getByRole("button", { name }).isVisible(), false, name);
    assert.equal(await page.getByText("Hello, Dora").isVisible(), false);
    expectQuiet(dora);
});

test("a clock that is a day ahead or behind neither stops nor disorders a conversation", async () => {
    const early = await person(server, "early", "Early", { clockAheadMs: DAY_MS });
    const late = await person(server, "late", "Late", { clockAheadMs: -DAY_MS });
    await converse(early, late);
    const talk = ["one", "two", "three", "four"];
    for (const [index, text] of talk.entries()) {
        const [from, to] = index % 2 === 0 ? [early, late] : [late, early];
        await say(from, text);
        await sees(to, text);
    }
    for (const who of [early, late]) {
        await who.page.reload();
        await field(who).waitFor();
        for (const text of talk) await sees(who, text);
        const rows = await main(who).getByRole("log").getByRole("article").allInnerTexts();
        assert.deepEqual(rows.map((row) => row.trim().split("\n").at(-1)).filter((text) => talk.includes(text)), talk);
        expectQuiet(who);
    }
});
