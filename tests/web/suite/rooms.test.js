import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { accessibility, expectQuiet, until } from "../support/browser.js";
import { act, field, main, message, panel, person, roomRow, say, sees } from "../support/people.js";
import { request, startServer, token } from "../support/server.js";

const server = await startServer();

async function newRoom(who, name, { channel = false, announcements = false, invite = [] } = {}) {
    const { page } = who;
    await page.getByRole("button", { name: "New", exact: true }).click();
    await page.getByRole("menuitem", { name: "New room" }).click();
    const dialog = page.getByRole("dialog");
    if (channel) await dialog.getByText("Open channel").click();
    await dialog.getByRole("textbox", { name: "Name" }).fill(name);
    if (announcements) await dialog.getByLabel("Announcements only").check();
    for (const other of invite) {
        await dialog.getByRole("combobox").fill(other.account.username);
        await page.getByRole("option").filter({ hasText: other.account.userId }).click();
    }
    await dialog.getByRole("button", { name: "Create" }).click();
    await field(who).waitFor();
}

describe("rooms", () => {
    let anna, boris;
    before(async () => {
        anna = await person(server, "anna", "Anna");
        boris = await person(server, "boris", "Boris");
    });

    test("a private room is by invitation and encrypted; an invitation can be declined and accepted", async () => {
        await newRoom(anna, "Project", { invite: [boris] });
        await main(anna).getByRole("img", { name: "End-to-end encrypted: only the members can read" }).waitFor();
        const invitation = boris.page.getByRole("listitem").filter({ hasText: "Invited by Anna" });
        await invitation.getByRole("button", { name: "Decline" }).click();
        await until("it is gone", async () => (await invitation.count()) === 0);
        await main(anna).getByRole("button", { name: "Members", exact: true }).click();
        await panel(anna).getByRole("button", { name: "Invite people" }).click();
        await anna.page.getByRole("combobox").fill(boris.account.username);
        await anna.page.getByRole("option").filter({ hasText: boris.account.userId }).click();
        await anna.page.getByRole("button", { name: "Invite 1 person" }).click();
        await invitation.getByRole("button", { name: "Accept" }).click();
        await field(boris).waitFor();
        await panel(anna).getByText("2 members").waitFor();
        await say(boris, "I am in");
        await sees(anna, "I am in");
        await panel(anna).getByRole("button", { name: "Close" }).click();
    });

    test("an open channel is found, entered and read from its beginning; it is not encrypted", async () => {
        await newRoom(anna, "Town square", { channel: true });
        await say(anna, "Welcome, all");
        await sees(anna, "Welcome, all");
        await boris.page.getByRole("button", { name: "New", exact: true }).click();
        await boris.page.getByRole("menuitem", { name: "Browse channels" }).click();
        await boris.page.getByRole("dialog").getByRole("button").filter({ hasText: "Town square" }).click();
        await sees(boris, "Welcome, all");
        await main(boris).getByRole("img", { name: /^Open channel/ }).waitFor();
    });

    test("in an announcement channel only moderators write, and everybody reacts", async () => {
        await newRoom(anna, "Board", { channel: true, announcements: true });
        await say(anna, "The office is closed on Friday");
        await sees(anna, "The office is closed on Friday");
        await boris.page.getByRole("button", { name: "New", exact: true }).click();
        await boris.page.getByRole("menuitem", { name: "Browse channels" }).click();
        await boris.page.getByRole("dialog").getByRole("button").filter({ hasText: "Board" }).click();
        await sees(boris, "The office is closed on Friday");
        await boris.page.getByText("Only moderators write here").waitFor();
        await act(boris, "The office is closed on Friday", "React with ❤️");
        await message(anna, "The office is closed on Friday").getByRole("button", { name: "Boris reacted with ❤️" }).waitFor();
        await main(anna).getByRole("button", { name: "Members", exact: true }).click();
        await panel(anna).getByRole("button", { name: /Boris/ }).click();
        await panel(anna).getByLabel("Role").selectOption("Moderator");
        await field(boris).waitFor();
        await say(boris, "And on Monday");
        await sees(anna, "And on Monday");
        await panel(anna).getByRole("button", { name: "Close" }).click();
    });

    test("name and topic change for everybody", async () => {
        await roomRow(anna, "Project").click();
        await main(anna).getByRole("button", { name: /^Project/ }).click();
        await panel(anna).getByRole("button", { name: "Edit" }).click();
        await panel(anna).getByRole("textbox", { name: "Name" }).fill("Project Aurora");
        await panel(anna).getByRole("textbox", { name: "Topic" }).fill("Lights in the north");
        await panel(anna).getByRole("button", { name: "Save" }).click();
        await roomRow(boris, "Project Aurora").click();
        await main(boris).getByText("Lights in the north").first().waitFor();
        await panel(anna).getByRole("button", { name: "Close" }).click();
    });

    test("a room that is muted neither counts nor calls", async () => {
        await roomRow(boris, "Project Aurora").click({ button: "right" });
        await boris.page.getByRole("menu").getByText("Off", { exact: true }).click();
        await roomRow(boris, "Project Aurora").getByRole("img", { name: "Off" }).waitFor();
        await roomRow(boris, "Town square").click();
        await roomRow(anna, "Project Aurora").click();
        await say(anna, "nobody hears this");
        await roomRow(boris, "Project Aurora").getByText("nobody hears this").waitFor();
        assert.equal(await roomRow(boris, "Project Aurora").getByText("unread").count(), 0);
    });

    test("spaces put rooms together", async () => {
        await anna.page.getByRole("button", { name: "New", exact: true }).click();
        await anna.page.getByRole("menuitem", { name: "New space" }).click();
        await anna.page.getByRole("textbox", { name: "Name" }).fill("Accounting");
        await anna.page.getByRole("button", { name: "Create" }).click();
        const space = anna.page.getByRole("navigation", { name: "Spaces" }).getByRole("button", { name: "Accounting" });
        await space.waitFor();
        assert.equal(await space.getAttribute("aria-pressed"), "true");
        await newRoom(anna, "Invoices");
        await roomRow(anna, "Invoices").waitFor();
        assert.equal(await roomRow(anna, "Project Aurora").count(), 0);
        await anna.page.getByRole("button", { name: "All rooms" }).click();
        await roomRow(anna, "Project Aurora").waitFor();
    });

    test("the quick switcher finds rooms and people by a few letters", async () => {
        await anna.page.keyboard.press("Control+k");
        await anna.page.getByRole("combobox", { name: "A room, a person…" }).fill("pro au");
        await anna.page.getByRole("option", { name: /Project Aurora/ }).waitFor();
        await anna.page.keyboard.press("Enter");
        await main(anna).getByRole("button", { name: /^Project Aurora/ }).waitFor();
        await anna.page.keyboard.press("Alt+ArrowDown");
        await until("another room is open", async () => (await main(anna).getByRole("button", { name: /^Project Aurora/ }).count()) === 0);
    });

    test("leaving a room takes it away", async () => {
        await roomRow(boris, "Town square").click({ button: "right" });
        await boris.page.getByRole("menuitem", { name: "Leave" }).click();
        await boris.page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
        await until("it is gone", async () => (await roomRow(boris, "Town square").count()) === 0);
    });

    test("each page of the settings and each panel has no accessibility violations", async () => {
        for (const tab of ["profile", "appearance", "notifications", "privacy", "encryption", "devices", "about"]) {
            await anna.page.goto(`${server.url}/#/settings/${tab}`);
            await main(anna).getByRole("heading", { level: 2 }).first().waitFor();
            assert.deepEqual(await accessibility(anna.page), [], tab);
        }
        await roomRow(anna, "Project Aurora").click();
        for (const name of ["Members", "About this room", "Threads"]) {
            await main(anna).getByRole("button", { name, exact: true }).click();
            await panel(anna).getByRole("heading", { name, exact: true }).waitFor();
            assert.deepEqual(await accessibility(anna.page), [], name);
        }
    });

    test("name, language, theme and density are chosen in the settings and stay", async () => {
        const { page } = boris;
        await page.goto(`${server.url}/#/settings/profile`);
        await page.getByLabel("Name", { exact: true }).fill("Борис");
        await main(boris).getByRole("button", { name: "Save" }).click();
        await page.getByRole("button", { name: "Борис: account menu" }).waitFor();
        await page.goto(`${server.url}/#/settings/appearance`);
        await page.getByLabel("Dark", { exact: true }).check();
        await page.getByLabel("Compact", { exact: true }).check();
        await main(boris).getByLabel("Русский").check();
        await page.getByRole("heading", { name: "Настройки" }).waitFor();
        await page.reload();
        await page.getByRole("heading", { name: "Настройки" }).waitFor();
        assert.deepEqual(await page.locator("html").evaluate((html) => [html.dataset.theme, html.dataset.density, html.lang]), ["dark", "compact", "ru"]);
    });

    test("nothing of this made the browser complain", () => {
        expectQuiet(anna);
        expectQuiet(boris);
    });
});

test("a room with a long history scrolls in both directions without a hole", async () => {
    const COUNT = 1_200;
    const anna = await person(server, "anna", "Anna");
    await newRoom(anna, "Long", { channel: true });
    const roomId = decodeURIComponent(new URL(anna.page.url()).hash.split("/")[2]);
    const session = await token(server, anna.account);
    for (let at = 0; at < COUNT; at += 1) {
        await request(server, session, "PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/t${at}`, { msgtype: "m.text", body: `message ${at}${" and more".repeat(at % 40)}` });
    }
    await sees(anna, `message ${COUNT - 1}`);
    const log = main(anna).getByRole("log");
    /** Scrolls like a wheel and says how often something of the window was without a row. */
    const scroll = (step) =>
        log.evaluate(async (box, by) => {
            let holes = 0;
            for (let turn = 0; turn < 30; turn += 1) {
                box.scrollTop += by;
                await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
                const { left, top, width, height } = box.getBoundingClientRect();
                for (const part of [0.2, 0.5, 0.8]) {
                    const hit = document.elementFromPoint(left + width / 2, top + height * part);
                    if (!hit?.closest("[data-key]")) holes += 1;
                }
            }
            return holes;
        }, step);
    let holes = 0;
    await until(
        "the beginning is reached",
        async () => {
            holes += await scroll(-600);
            return (await log.getByText("This is the beginning of Long").count()) > 0;
        },
        240_000,
    );
    assert.ok(holes <= 3, `${holes} holes on the way up`);
    await sees(anna, "message 3 ");
    await main(anna).getByRole("button", { name: "To the latest message" }).click();
    await sees(anna, `message ${COUNT - 1}`);
    expectQuiet(anna);
});
