// Firefox in a call: its ICE, its DTLS and its way to encrypt frames are others than Chromium's.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { CAMERA, until } from "../support/browser.js";
import { receives, watchConnections, watchHere } from "../support/calls.js";
import { film } from "../support/files.js";
import { openFirefox } from "../support/firefox.js";
import { main, person, roomRow } from "../support/people.js";
import { makeAccount, password, request, startServer, token } from "../support/server.js";

const server = await startServer();

const pane = ({ page }) => page.getByLabel("Call in Team");
const tile = (who, name) => pane(who).getByRole("group", { name });

/** Whether somebody's picture comes, as those see it who look at Firefox. */
const shows = ({ page }, name) =>
    page.evaluate((wanted) => {
        const tiles = [...document.querySelectorAll("[data-tile]")].filter((it) => it.textContent.includes(wanted));
        return tiles.some((it) => it.querySelector("video")?.videoWidth > 0);
    }, name);

describe("Firefox in a call with Chromium", () => {
    let anna;
    let fox;
    before(async () => {
        const [width, height] = [320, 240];
        writeFileSync(CAMERA, film(width, height, Uint8Array.from({ length: width * height }, (_, at) => at % 251)));
        anna = await person(server, "anna", "Anna", { permissions: ["camera", "microphone"] });
        await watchConnections(anna);
        const account = await makeAccount(server, "fox", { displayName: "Fox" });
        fox = { ...(await openFirefox()), account, name: "Fox" };
        const [owner, other] = await Promise.all([anna.account, account].map((it) => token(server, it)));
        const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
        const room = { name: "Team", preset: "public_chat", initial_state: [encryption] };
        const { room_id: roomId } = await request(server, owner, "POST", "/_matrix/client/v3/createRoom", room);
        await request(server, other, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
        for (const session of [owner, other]) await request(server, session, "POST", "/_matrix/client/v3/logout", {});
    });

    test("signs in", async () => {
        await fox.page.goto(server.url);
        await fox.page.fill("User name", fox.account.username);
        await fox.page.fill("Password", password);
        await fox.page.click("button", "Sign in");
        await fox.page.click("input", "I have saved the recovery key");
        await fox.page.click("button", "Done");
        await watchHere(fox);
    });

    test("sees and is seen, hears and is heard, encrypted", async () => {
        await roomRow(anna, "Team").click();
        await main(anna).getByRole("button", { name: "Video call" }).click();
        await pane(anna).getByRole("button", { name: "Start call" }).click();
        await fox.page.evaluate(() => document.querySelector("a[data-room]").click());
        await fox.page.click("button", "Join");
        await fox.page.click("[aria-label='Call in Team'] button", "Join");
        await tile(anna, /^Fox/).waitFor();
        await receives(anna);
        await receives(fox);
        await until("Firefox shows Anna", () => shows(fox, "Anna"));
        await pane(anna).getByRole("img", { name: /^Encrypted end to end/ }).waitFor();
        assert.match(await fox.page.evaluate(() => navigator.userAgent), /Firefox\//);
    });
});
