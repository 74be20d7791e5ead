// Calls: two people in an encrypted room hear and see each other, by the shipped server.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { CAMERA, accessibility, expectQuiet, until } from "../support/browser.js";
import { cutSignaling, drawScreen, forbidDevices, holdVoice, isBlue, isRed, openSockets, plugBlurringCamera, plugCamera, received, receives, sources, speak, watchConnections } from "../support/calls.js";
import { film } from "../support/files.js";
import { converse, main, person, roomRow } from "../support/people.js";
import { request, startServer, token } from "../support/server.js";

const server = await startServer();
const MEDIA = { permissions: ["camera", "microphone"] };
const pane = ({ page }) => page.getByLabel(/^Call in /);
const tile = (who, name) => pane(who).getByRole("group", { name });
const button = (who, name) => pane(who).getByRole("button", { name, exact: true });

describe("a call in a conversation", () => {
    let anna;
    let boris;
    before(async () => {
        const [width, height] = [320, 240];
        writeFileSync(CAMERA, film(width, height, Uint8Array.from({ length: width * height }, (_, at) => at % 251)));
        anna = await person(server, "anna", "Anna", MEDIA);
        boris = await person(server, "boris", "Boris", MEDIA);
        await converse(anna, boris);
        for (const who of [anna, boris]) await watchConnections(who);
        await holdVoice(boris);
    });

    test("begins in a lobby that shows what others will see", async () => {
        await main(anna).getByRole("button", { name: "Video call" }).click();
        await pane(anna).getByRole("heading", { name: "Ready to call?" }).waitFor();
        await pane(anna).locator("video").waitFor();
        await pane(anna).getByLabel("Microphone", { exact: true }).waitFor();
        assert.deepEqual(await accessibility(anna.page), []);
        await button(anna, "Start call").click();
        await tile(anna, /^You/).waitFor();
    });

    test("rings the other one, who sees it in the list of rooms too", async () => {
        const card = boris.page.getByRole("alertdialog", { name: "Anna is calling" });
        await card.waitFor();
        await roomRow(boris, "Anna").getByRole("img", { name: "Call with 1 person" }).waitFor();
        assert.deepEqual(await accessibility(boris.page), []);
        await card.getByRole("button", { name: "Accept with camera" }).click();
        await tile(boris, /^Anna/).waitFor();
        await tile(anna, /^Boris/).waitFor();
    });

    test("lets both hear and see each other, encrypted", async () => {
        await receives(anna);
        await receives(boris);
        await button(anna, "Turn camera off").waitFor();
        await pane(anna).getByRole("img", { name: /^Encrypted end to end/ }).waitFor();
    });

    test("shows who speaks, for as long as he does", async () => {
        const speaking = pane(anna).locator("[data-speaking]", { hasText: "Boris" });
        await speaking.waitFor();
        await speak(boris, false);
        await speaking.waitFor({ state: "detached" });
        await speak(boris, true);
        await speaking.waitFor();
    });

    test("goes on with another microphone and another camera", async () => {
        await plugCamera(anna);
        await button(anna, "Devices").click();
        const devices = anna.page.getByRole("dialog", { name: "Devices" });
        await devices.getByLabel("Microphone", { exact: true }).selectOption({ label: "Fake Audio Input 2" });
        await until("it is heard by the other one", async () => (await sources(anna)).includes("Fake Audio Input 2"));
        await devices.getByLabel("Camera", { exact: true }).selectOption({ label: "Red wall" });
        await anna.page.keyboard.press("Escape");
        await until("the other side sees what stands before it", () => isRed(tile(boris, /^Anna/).locator("video")));
        await receives(boris);
    });

    test("goes on when the connection that carries no media is lost", async () => {
        assert.equal(await cutSignaling(anna), 1);
        await until("it is there again", async () => (await openSockets(anna)) === 1);
        await receives(anna);
        await receives(boris);
        await tile(anna, "Boris").waitFor();
    });

    test("goes on when the page had no network for eight seconds", async () => {
        boris.context.offlineNow = true;
        await boris.context.setOffline(true);
        // What is tried is what happens when time goes by: the room is told that somebody has left who is not heard of.
        await new Promise((resolve) => setTimeout(resolve, 8_000));
        await boris.context.setOffline(false);
        await until("signaling is there again", async () => (await openSockets(boris)) === 1);
        await pane(boris).getByText("Connecting again…").waitFor({ state: "detached" });
        boris.context.offlineNow = false;
        await receives(anna);
        await receives(boris);
        await tile(anna, "Boris").waitFor();
    });

    test("shows the others that a microphone is off, and obeys keys", async () => {
        await button(boris, "Mute microphone").click();
        await tile(anna, "Boris, microphone off").waitFor();
        await boris.page.keyboard.press("m");
        await tile(anna, "Boris").waitFor();
        await boris.page.keyboard.press("v");
        await tile(anna, "Boris").locator("video").waitFor({ state: "detached" });
        await boris.page.keyboard.press("v");
        await tile(anna, "Boris").locator("video").waitFor();
    });

    test("shows a raised hand, and a reaction", async () => {
        await button(anna, "Raise hand").click();
        await tile(boris, "Anna, hand raised").waitFor();
        await button(anna, "Lower hand").click();
        await tile(boris, "Anna").waitFor();
        await button(anna, "React").click();
        await anna.page.getByRole("menuitem", { name: "👏" }).click();
        await tile(boris, "Anna").getByText("👏").waitFor();
    });

    test("shows a screen with its sound to the others", async () => {
        await drawScreen(anna);
        await button(anna, "Share screen").click();
        const screen = tile(boris, "Screen: Anna").locator("video");
        await until("the screen is seen", () => screen.evaluate((video) => video.videoWidth > 0));
        await until("voice, face, screen and its sound", async () => (await received(boris)).tracks >= 4);
        await receives(boris);
        assert.deepEqual(await accessibility(boris.page), []);
        await button(anna, "Stop sharing screen").click();
        await tile(boris, "Screen: Anna").waitFor({ state: "detached" });
    });

    test("goes on in a small window while one looks elsewhere", async () => {
        await boris.page.keyboard.press("Control+,");
        await pane(boris).getByRole("button", { name: "Back to the call" }).waitFor();
        await receives(boris);
        assert.deepEqual(await accessibility(boris.page), []);
        await button(boris, "Back to the call").click();
        await button(boris, "Raise hand").waitFor();
    });

    test("ends for who leaves, and for the room when the last one has left", async () => {
        await button(boris, "Leave call").click();
        await main(boris).getByRole("button", { name: "Join", exact: true }).waitFor();
        await tile(anna, "Boris").waitFor({ state: "detached" });
        assert.deepEqual(await accessibility(anna.page), []);
        await button(anna, "Leave call").click();
        await main(boris).getByRole("button", { name: "Video call" }).waitFor();
        await roomRow(boris, "Anna").getByRole("img", { name: /^Call with/ }).waitFor({ state: "detached" });
    });

    test("rings nobody who does not want to be disturbed", async () => {
        const menu = anna.page.getByRole("button", { name: "Anna: account menu" });
        await menu.click();
        await anna.page.getByRole("menuitem", { name: "For an hour" }).click();
        await main(boris).getByRole("button", { name: "Call", exact: true }).click();
        await button(boris, "Start call").click();
        await pane(boris).getByText("Waiting for the others…").waitFor();
        await main(anna).getByRole("button", { name: "Join", exact: true }).waitFor();
        assert.equal(await anna.page.getByRole("alertdialog").count(), 0);
        await button(boris, "Leave call").click();
        await main(anna).getByRole("button", { name: "Video call" }).waitFor();
        await menu.click();
        await anna.page.getByRole("menuitem", { name: "Turn notifications on again" }).click();
    });

    test("shows nobody what is behind somebody whose camera blurs it", async () => {
        await plugBlurringCamera(anna);
        await main(anna).getByRole("button", { name: "Video call" }).click();
        const blur = pane(anna).getByRole("switch", { name: "Blur the background" });
        assert.equal(await blur.isChecked(), false);
        await blur.click();
        await until("she sees it herself", () => isBlue(pane(anna).locator("video")));
        assert.deepEqual(await accessibility(anna.page), []);
        await button(anna, "Start call").click();
        await boris.page.getByRole("alertdialog").getByRole("button", { name: "Accept", exact: true }).click();
        const seen = tile(boris, /^Anna/).locator("video");
        await until("the other one sees it", () => isBlue(seen));
        await button(anna, "Devices").click();
        await anna.page.getByRole("dialog", { name: "Devices" }).getByRole("switch", { name: "Blur the background" }).click();
        await until("she shows everything again", () => isRed(seen));
        await anna.page.keyboard.press("Escape");
        await button(boris, "Leave call").click();
        await button(anna, "Leave call").click();
        await main(anna).getByRole("button", { name: "Video call" }).waitFor();
    });

    test("may be declined, and may be begun without a microphone", async () => {
        await forbidDevices(boris);
        await main(boris).getByRole("button", { name: "Call", exact: true }).click();
        await pane(boris).getByText("The microphone is not allowed.").waitFor();
        assert.deepEqual(await accessibility(boris.page), []);
        await button(boris, "Start call").click();
        await tile(boris, "You, microphone off").waitFor();
        await pane(boris).getByText("The microphone is not allowed.").waitFor();
        await button(boris, "Dismiss").click();
        await anna.page.getByRole("alertdialog").getByRole("button", { name: "Decline" }).click();
        await pane(boris).getByText("Anna has declined").waitFor();
        await button(boris, "Leave call").click();
        await main(boris).getByRole("button", { name: "Video call" }).waitFor();
    });

    test("is left by closing the page, at once", async () => {
        await main(anna).getByRole("button", { name: "Call", exact: true }).click();
        await button(anna, "Start call").click();
        await boris.page.getByRole("alertdialog").getByRole("button", { name: "Accept", exact: true }).click();
        await tile(anna, /^Boris/).waitFor();
        await roomRow(anna, "Boris").getByRole("img", { name: "Call with 2 people" }).waitFor();
        const { origin } = new URL(boris.page.url());
        await boris.page.goto("about:blank");
        // Sooner than the server says it of somebody who is not heard of.
        await roomRow(anna, "Boris").getByRole("img", { name: "Call with 1 person" }).waitFor({ timeout: 15_000 });
        await tile(anna, /^Boris/).waitFor({ state: "detached" });
        await boris.page.goto(origin);
        await button(anna, "Leave call").click();
        await main(anna).getByRole("button", { name: "Video call" }).waitFor();
    });

    test("is complained about by no browser", () => {
        expectQuiet(anna);
        expectQuiet(boris);
    });

    test("is told to be full when the server says so", async () => {
        await anna.page.route("**/livekit/jwt/sfu/get", (route) => route.fulfill({ status: 503, json: { errcode: "M_LIMIT_EXCEEDED", error: "full" } }));
        await main(anna).getByRole("button", { name: "Call", exact: true }).click();
        await button(anna, "Start call").click();
        await pane(anna).getByText("The server cannot take more people into calls now.").waitFor();
        assert.deepEqual(await accessibility(anna.page), []);
        await button(anna, "Close").click();
        await main(anna).getByRole("button", { name: "Video call" }).waitFor();
    });
});

test("there is no button for calls where the server has none", async () => {
    const silent = await startServer({ "listen.sfu": "off" });
    const vera = await person(silent, "vera", "Vera");
    await request(silent, await token(silent, vera.account), "POST", "/_matrix/client/v3/createRoom", { name: "Kitchen" });
    const asked = vera.page.waitForResponse(/\/rtc\/transports/);
    await vera.page.reload();
    await asked;
    await roomRow(vera, "Kitchen").click();
    await main(vera).getByRole("button", { name: "About this room" }).first().waitFor();
    assert.equal(await main(vera).getByRole("button", { name: /call/i }).count(), 0);
});
