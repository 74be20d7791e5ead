import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { accessibility, expectQuiet, until } from "../support/browser.js";
import { act, choose, converse, field, main, message, panel, person, roomMenu, roomRow, say, sees } from "../support/people.js";
import { startServer } from "../support/server.js";

const server = await startServer();

describe("two people", () => {
    let anna, boris;
    before(async () => {
        anna = await person(server, "anna", "Anna Petrova");
        boris = await person(server, "boris", "Boris Ivanov");
        await converse(anna, boris);
    });

    test("write to each other, encrypted from the first message on", async () => {
        await say(anna, "Good **morning**!");
        await (await sees(boris, "Good morning!")).locator("strong").waitFor();
        await say(boris, "Good morning, Anna");
        await sees(anna, "Good morning, Anna");
        await main(anna).getByRole("img", { name: "End-to-end encrypted: only the members can read" }).waitFor();
    });

    test("see that the other one types, and then that they have read", async () => {
        await field(anna).pressSequentially("typing");
        await boris.page.getByRole("status").filter({ hasText: "Anna Petrova is typing" }).waitFor();
        await field(anna).fill("");
        await say(anna, "read this");
        await sees(boris, "read this");
        await message(anna, "read this").getByRole("button", { name: "Read by Boris Ivanov" }).click();
        await anna.page.getByRole("dialog").getByText("Boris Ivanov").waitFor();
        await anna.page.keyboard.press("Escape");
    });

    test("reply with a quote that leads to its message", async () => {
        await act(boris, "read this", "Reply");
        await say(boris, "I have read it");
        const row = await sees(anna, "I have read it");
        await row.getByRole("button", { name: /Anna Petrova read this/ }).click();
    });

    test("react, and take it back", async () => {
        await act(anna, "I have read it", "React with 👍");
        const pill = message(boris, "I have read it").getByRole("button", { name: "Anna Petrova reacted with 👍" });
        await pill.waitFor();
        await pill.click();
        await message(anna, "I have read it").getByRole("button", { name: /Anna Petrova and Boris Ivanov reacted with 👍|Boris Ivanov and Anna Petrova reacted with 👍/ }).click();
        await message(boris, "I have read it").getByRole("button", { name: "Boris Ivanov reacted with 👍" }).waitFor();
    });

    test("choose a reaction from all emoji", async () => {
        await act(anna, "I have read it", "React");
        await anna.page.getByRole("searchbox", { name: "Search emoji" }).fill("rocket");
        await anna.page.getByRole("button", { name: "rocket", exact: true }).click();
        await message(boris, "I have read it").getByRole("button", { name: "Anna Petrova reacted with 🚀" }).waitFor();
    });

    test("edit with the arrow key, and see that it was edited", async () => {
        await say(anna, "A mistke");
        await sees(boris, "A mistke");
        await field(anna).press("ArrowUp");
        await field(anna).fill("A mistake, mended");
        await field(anna).press("Enter");
        await (await sees(boris, "A mistake, mended")).getByText("(edited)").waitFor();
    });

    test("delete for both", async () => {
        await say(anna, "a secret");
        await sees(boris, "a secret");
        await choose(anna, "a secret", "Delete");
        await anna.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
        await boris.page.getByText("Message deleted").waitFor();
        await until("the words are gone", async () => (await boris.page.getByText("a secret").count()) === 0);
    });

    test("name one another, and the one who is named sees it", async () => {
        await field(anna).pressSequentially("@Bor");
        await anna.page.getByRole("option", { name: /Boris Ivanov/ }).waitFor();
        await anna.page.keyboard.press("Enter");
        await field(anna).pressSequentially("look");
        await field(anna).press("Enter");
        await (await sees(boris, "look")).getByRole("button", { name: "Boris Ivanov" }).first().waitFor();
    });

    test("HTML that somebody sends shows only what is allowed of it", async () => {
        await say(anna, "<script>alert(1)</script> <img src=x onerror=alert(2)> **safe**");
        const row = await sees(boris, "safe");
        assert.equal(await row.locator("script, img[src=x]").count(), 0);
        await row.getByText("<script>alert(1)</script>").waitFor();
    });

    test("pin a message and find it beside the room", async () => {
        await choose(anna, "look", "Pin");
        await anna.page.getByRole("button", { name: "Pinned messages" }).click();
        await panel(anna).getByText("look").waitFor();
        await panel(anna).getByRole("button", { name: "Close" }).click();
    });

    test("talk in a thread beside the room", async () => {
        await act(boris, "Good morning!", "Reply in thread");
        await say(boris, "In the thread", panel(boris));
        await message(anna, "Good morning!").getByRole("button", { name: /1 reply/ }).click();
        await sees(anna, "In the thread", panel(anna));
        await say(anna, "An answer", panel(anna));
        await sees(boris, "An answer", panel(boris));
        await until("the thread is not in the room", async () => (await main(anna).getByRole("log").getByText("An answer", { exact: true }).count()) <= 1);
        await panel(anna).getByRole("button", { name: "Back" }).click();
        await panel(anna).getByText("2 replies").waitFor();
        for (const who of [anna, boris]) await panel(who).getByRole("button", { name: "Close" }).click();
    });

    test("count what is unread, jump to it, and mark it as they like", async () => {
        await anna.page.goto(`${server.url}/#/`);
        await say(boris, "one");
        await say(boris, "two");
        await roomRow(anna, "Boris Ivanov").getByText("2 unread messages").waitFor({ state: "attached" });
        await roomRow(anna, "Boris Ivanov").click();
        await anna.page.getByText("New messages", { exact: true }).waitFor();
        await until("it is read", async () => (await roomRow(anna, "Boris Ivanov").getByText("unread message").count()) === 0);
        await roomMenu(anna, "Boris Ivanov", "Mark as unread");
        await roomRow(anna, "Boris Ivanov").getByRole("img", { name: "Marked as unread" }).waitFor();
        await roomMenu(anna, "Boris Ivanov", "Favorite");
        await anna.page.getByRole("button", { name: "Favorites" }).waitFor();
        await roomMenu(anna, "Boris Ivanov", "Favorite");
        await anna.page.getByRole("button", { name: "People" }).waitFor();
    });

    test("a link leads to its message", async () => {
        await roomRow(anna, "Boris Ivanov").click();
        const id = await message(anna, "Good morning!").getAttribute("data-event");
        const room = new URL(anna.page.url()).hash.split("/")[2];
        await anna.page.goto(`${server.url}/#/`);
        await anna.page.goto(`${server.url}/#/room/${room}/${encodeURIComponent(id)}`);
        await anna.page.locator(`[data-event="${id}"][data-marked]`).waitFor();
    });

    test("forward a message to another room", async () => {
        await anna.page.getByRole("button", { name: "New", exact: true }).click();
        await anna.page.getByRole("menuitem", { name: "New room" }).click();
        await anna.page.getByRole("textbox", { name: "Name" }).fill("Archive");
        await anna.page.getByRole("button", { name: "Create" }).click();
        await field(anna).waitFor();
        await roomRow(anna, "Boris Ivanov").click();
        await choose(anna, "Good morning!", "Forward");
        await anna.page.getByRole("dialog").getByLabel("Archive").check();
        await anna.page.getByRole("button", { name: "Forward to 1 room" }).click();
        await roomRow(anna, "Archive").click();
        await sees(anna, "Good morning!");
    });

    test("vote in a poll", async () => {
        await roomRow(anna, "Boris Ivanov").click();
        await main(anna).getByRole("button", { name: "Add" }).click();
        await anna.page.getByRole("menuitem", { name: "Poll" }).click();
        await anna.page.getByLabel("Question").fill("Lunch?");
        await anna.page.getByLabel("Answer 1").fill("Soup");
        await anna.page.getByLabel("Answer 2").fill("Salad");
        await anna.page.getByRole("button", { name: "Start the poll" }).click();
        await message(boris, "Lunch?").getByRole("button", { name: "Soup" }).click();
        await message(anna, "Lunch?").getByText("1 vote", { exact: true }).waitFor();
        await message(anna, "Lunch?").getByRole("button", { name: "End the poll" }).click();
        await message(boris, "Lunch?").getByText("The poll has ended with 1 vote").waitFor();
    });

    test("send a voice message", async () => {
        await main(anna).getByRole("button", { name: "Voice message" }).click();
        await anna.page.getByRole("timer").filter({ hasText: "0:01" }).waitFor();
        await anna.page.getByRole("button", { name: "Send recording" }).click();
        await main(boris).getByRole("button", { name: "Play Voice message" }).click();
        await main(boris).getByRole("button", { name: "Pause" }).waitFor();
    });

    test("write without a network: it goes out once, in order, when there is one again", async () => {
        anna.context.offlineNow = true;
        await anna.context.setOffline(true);
        await say(anna, "offline one");
        await say(anna, "offline two");
        await message(anna, "offline two").getByText("Waiting for the connection").waitFor();
        await anna.page.getByText("No connection").waitFor();
        await anna.context.setOffline(false);
        await sees(boris, "offline two");
        const texts = await main(boris).getByRole("article").allInnerTexts();
        const sent = texts.map((text) => /offline (one|two)/.exec(text)?.[0]).filter(Boolean);
        assert.deepEqual(sent, ["offline one", "offline two"]);
        await until("nothing waits any more", async () => (await anna.page.getByText("Waiting for the connection").count()) === 0);
        anna.context.offlineNow = false;
    });

    test("nothing of this made the browser complain, and the room has no accessibility violations", async () => {
        assert.deepEqual(await accessibility(anna.page), []);
        expectQuiet(anna);
        expectQuiet(boris);
    });
});
