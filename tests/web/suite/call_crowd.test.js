// A call of a whole room: everybody hears and sees everybody, encrypted, whoever comes and goes.
//
// Every one of them encodes his picture and decodes those of all others on this machine. Three is what two cores that have
// other work to do carry; VECHE_TEST_CALL_PEOPLE=6, and up to 12, is for machines that have nothing else to do.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { CAMERA, accessibility, expectQuiet, until } from "../support/browser.js";
import { holdVoice, receivedFrom, speak, watchConnections } from "../support/calls.js";
import { film } from "../support/files.js";
import { main, person, roomRow } from "../support/people.js";
import { request, startServer, token } from "../support/server.js";

const PEOPLE = Number(process.env.VECHE_TEST_CALL_PEOPLE ?? 3);
const NAMES = ["Anna", "Boris", "Vera", "Gleb", "Darya", "Egor", "Zhanna", "Igor", "Kira", "Lev", "Maria", "Nikita"].slice(0, PEOPLE);
const [WIDTH, HEIGHT] = [160, 96];

writeFileSync(CAMERA, film(WIDTH, HEIGHT, Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => at % 251)));
const server = await startServer();

const pane = ({ page }) => page.getByLabel("Call in Team");
const button = (who, name) => pane(who).getByRole("button", { name, exact: true });

/** An encrypted room of these people. */
async function makeTeam(people) {
    const [owner, ...others] = await Promise.all(people.map(({ account }) => token(server, account)));
    const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
    const { room_id: roomId } = await request(server, owner, "POST", "/_matrix/client/v3/createRoom", { name: "Team", preset: "public_chat", initial_state: [encryption] });
    for (const other of others) await request(server, other, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
    for (const session of [owner, ...others]) await request(server, session, "POST", "/_matrix/client/v3/logout", {});
}

describe(`a call of ${PEOPLE} people`, () => {
    const people = [];
    before(async () => {
        for (const name of NAMES) people.push(await person(server, name.toLowerCase(), name, { permissions: ["camera", "microphone"] }));
        await makeTeam(people);
        for (const who of people) {
            await watchConnections(who);
            await holdVoice(who);
            await roomRow(who, "Team").click();
        }
    });

    test("is entered by one after the other", async () => {
        const [first, ...others] = people;
        await main(first).getByRole("button", { name: "Video call" }).click();
        await button(first, "Start call").click();
        for (const who of others) {
            await main(who).getByRole("button", { name: "Join", exact: true }).click();
            await button(who, "Join").click();
            await pane(who).getByRole("group", { name: /^You/ }).waitFor();
        }
        for (const who of people) await until(`${who.name} sees ${PEOPLE} tiles`, async () => (await pane(who).locator("[data-tile] video").count()) === PEOPLE);
    });

    test("everybody hears and sees everybody", async () => {
        for (const who of people) {
            await until(`${who.name} hears and sees all others`, async () => {
                const streams = await receivedFrom(who);
                const [heard, seen] = [streams.filter(({ energy }) => energy > 0), streams.filter(({ frames }) => frames > 0)];
                return heard.length === PEOPLE - 1 && seen.length === PEOPLE - 1;
            });
        }
        assert.deepEqual(await accessibility(people[0].page), []);
    });

    test("shows who speaks large to who wants that", async () => {
        const [anna, boris, ...others] = people;
        for (const who of [anna, ...others]) await speak(who, false);
        await button(anna, "Show the speaker large").click();
        await pane(anna).locator("[data-speaking]", { hasText: boris.name }).waitFor();
        await pane(anna).locator("[data-large] [data-tile]", { hasText: boris.name }).waitFor();
        await button(anna, "Show everybody alike").click();
    });

    test("lets a moderator mute somebody, who speaks again when he wants, and take somebody out", async () => {
        const [anna, boris, vera] = people;
        const menu = async (who, other) => {
            const tile = pane(who).getByRole("group", { name: new RegExp(`^${other.name}`) });
            await tile.hover();
            await tile.getByRole("button", { name: `More about ${other.name}` }).click();
        };
        await menu(boris, anna);
        await boris.page.getByRole("menuitem", { name: "About this person" }).waitFor();
        assert.equal(await boris.page.getByRole("menuitem", { name: "Mute for everybody" }).count(), 0);
        await boris.page.keyboard.press("Escape");
        await menu(anna, boris);
        await anna.page.getByRole("menuitem", { name: "Mute for everybody" }).click();
        await pane(anna).getByRole("group", { name: `${boris.name}, microphone off` }).waitFor();
        await button(boris, "Unmute microphone").click();
        await pane(anna).getByRole("group", { name: boris.name, exact: true }).waitFor();
        await menu(anna, vera);
        await anna.page.getByRole("menuitem", { name: "Take out of the call" }).click();
        await vera.page.getByText("You were taken out of the call by somebody who moderates this room.").waitFor();
    });

    test("goes on for those who stay when others leave", async () => {
        // The first of the others has been taken out.
        const [anna, boris, , ...others] = people;
        for (const who of others) await button(who, "Leave call").click();
        await pane(anna).getByText("2 people").waitFor();
        const frames = async () => (await receivedFrom(anna)).reduce((sum, stream) => sum + stream.frames, 0);
        const then = await frames();
        // Their keys have changed, so that those who left hear nothing of what is said now.
        await until("the one who stayed is still seen", async () => (await frames()) > then + 10);
        await button(boris, "Leave call").click();
        await pane(anna).getByText("Waiting for the others…").waitFor();
        for (const who of people) expectQuiet(who);
    });
});
