// Guests: somebody without an account comes into a call by a link, is let in, seen and heard, and is gone when he goes.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { CAMERA, accessibility, expectQuiet, until } from "../support/browser.js";
import { receives, watchConnections } from "../support/calls.js";
import { film } from "../support/files.js";
import { main, openPage, openRoomId, person, roomRow } from "../support/people.js";
import { request, startServer, token } from "../support/server.js";

const server = await startServer();
const MEDIA = { permissions: ["camera", "microphone"] };
const pane = ({ page }) => page.getByLabel(/^Call in /);
const tile = (who, name) => pane(who).getByRole("group", { name });

describe("a meeting", () => {
    let anna;
    let petr;
    let link;
    before(async () => {
        const [width, height] = [320, 240];
        writeFileSync(CAMERA, film(width, height, Uint8Array.from({ length: width * height }, (_, at) => at % 251)));
        anna = await person(server, "anna", "Anna", MEDIA);
        const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
        const room = { name: "Budget", preset: "private_chat", initial_state: [encryption] };
        await request(server, await token(server, anna.account), "POST", "/_matrix/client/v3/createRoom", room);
        await roomRow(anna, "Budget").click();
        await watchConnections(anna);
    });

    test("has a link with a PIN, which a member makes in the room", async () => {
        await main(anna).getByRole("button", { name: "Video call" }).click();
        await pane(anna).getByRole("button", { name: "Start call" }).click();
        await tile(anna, /^You/).waitFor();
        await pane(anna).getByRole("button", { name: "Invite guests by a link" }).click();
        const dialog = anna.page.getByRole("dialog", { name: "Guests for Budget" });
        await dialog.getByRole("switch", { name: "Ask for a PIN" }).click();
        assert.deepEqual(await accessibility(anna.page), []);
        await dialog.getByRole("button", { name: "Make link" }).click();
        await dialog.getByText("The link is ready").waitFor();
        const address = new URL(await dialog.getByLabel("Link for guests", { exact: true }).inputValue());
        link = { path: `/${address.hash}`, pin: await dialog.getByRole("textbox", { name: "PIN", exact: true }).inputValue() };
        assert.match(link.path, /^\/#\/meet\/\w+$/);
        assert.deepEqual(await accessibility(anna.page), []);
        await dialog.getByRole("button", { name: "Close" }).last().click();
    });

    test("asks a guest for a name and the PIN, and shows him how he looks", async () => {
        petr = await openPage(server, { path: link.path, ...MEDIA });
        await watchConnections(petr);
        await petr.page.getByRole("heading", { name: "Budget" }).waitFor();
        await petr.page.locator("video").waitFor();
        assert.deepEqual(await accessibility(petr.page), []);
        await petr.page.getByLabel("Your name").fill("Petr");
        await petr.page.getByLabel("PIN", { exact: true }).fill("000000");
        await petr.page.getByRole("button", { name: "Ask to come in" }).click();
        await petr.page.getByText("This is not the PIN").waitFor();
        await petr.page.getByLabel("PIN", { exact: true }).fill(link.pin);
        await petr.page.getByRole("button", { name: "Ask to come in" }).click();
        await petr.page.getByText("Somebody in the meeting will let you in").waitFor();
        assert.deepEqual(await accessibility(petr.page), []);
    });

    test("shows those in the call who waits, and lets him in", async () => {
        await pane(anna).getByText("Petr (guest) wants to come in").waitFor();
        assert.deepEqual(await accessibility(anna.page), []);
        await pane(anna).getByRole("button", { name: "Let in: Petr (guest)" }).click();
        await tile(anna, /^Petr \(guest\), Guest/).waitFor();
        await tile(petr, /^Anna/).waitFor();
        await receives(anna);
        await receives(petr);
        await pane(petr).getByRole("img", { name: /^Encrypted end to end/ }).waitFor();
        assert.deepEqual(await accessibility(petr.page), []);
    });

    test("ends for the guest when he leaves, and nothing of it stays in his browser", async () => {
        await pane(petr).getByRole("button", { name: "Leave call" }).click();
        await petr.page.getByRole("heading", { name: "You have left the meeting" }).waitFor();
        await tile(anna, /^Petr/).waitFor({ state: "detached" });
        const kept = () => petr.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name).filter((name) => name.startsWith("veche-")));
        await until("the databases are gone", async () => (await kept()).length === 0);
        const roomId = encodeURIComponent(openRoomId(anna));
        const bearer = await token(server, anna.account);
        const path = `/_matrix/client/v3/rooms/${roomId}/joined_members`;
        await until("the room has one member", async () => Object.keys((await request(server, bearer, "GET", path)).joined).length === 1);
    });

    test("sends its guests home when a member ends it", async () => {
        await petr.page.getByRole("button", { name: "Come in again" }).click();
        await petr.page.getByLabel("Your name").fill("Petr");
        await petr.page.getByLabel("PIN", { exact: true }).fill(link.pin);
        await petr.page.getByRole("button", { name: "Ask to come in" }).click();
        await pane(anna).getByRole("button", { name: "Let in: Petr (guest)" }).click();
        await tile(anna, /^Petr/).waitFor();
        await tile(petr, /^Anna/).waitFor();
        await pane(anna).getByRole("button", { name: "Invite guests by a link" }).click();
        await anna.page.getByRole("button", { name: /^End the meeting Budget/ }).click();
        await petr.page.getByRole("heading", { name: "You are not in the meeting any more" }).waitFor();
        await tile(anna, /^Petr/).waitFor({ state: "detached" });
        await petr.page.getByRole("button", { name: "Try again" }).click();
        await petr.page.getByRole("heading", { name: "The meeting was ended" }).waitFor();
        expectQuiet(anna);
    });
});
