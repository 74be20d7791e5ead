import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { writeFileSync } from "node:fs";
import { CAMERA, expectQuiet } from "../support/browser.js";
import { film } from "../support/files.js";
import { converse, main, person, roomRow, say, secondDevice, sees } from "../support/people.js";
import { startServer } from "../support/server.js";

const server = await startServer();

/** The browser's camera sees what an element of the page looks like. */
async function holdBeforeCamera(page, element) {
    const picture = `data:image/png;base64,${(await element.screenshot()).toString("base64")}`;
    const [width, height] = [640, 480];
    const light = await page.evaluate(
        async ([url, wide, high]) => {
            const image = new Image();
            image.src = url;
            await image.decode();
            const pen = new OffscreenCanvas(wide, high).getContext("2d");
            pen.fillStyle = "white";
            pen.fillRect(0, 0, wide, high);
            const side = high - 40;
            pen.drawImage(image, (wide - side) / 2, 20, side, side);
            return [...pen.getImageData(0, 0, wide, high).data.filter((_, index) => index % 4 === 1)];
        },
        [picture, width, height],
    );
    writeFileSync(CAMERA, film(width, height, light));
}

describe("a second device", () => {
    let anna, boris;
    before(async () => {
        anna = await person(server, "anna", "Anna");
        boris = await person(server, "boris", "Boris");
        await converse(anna, boris);
        await say(anna, "from before");
        await sees(boris, "from before");
    });

    test("cannot read what was before, says why, and reads it with the recovery key", async () => {
        const tablet = await secondDevice(server, anna);
        const { page } = tablet;
        await page.getByRole("heading", { name: "Open your encrypted messages" }).waitFor();
        await page.getByRole("button", { name: "Later" }).click();
        await roomRow(tablet, "Boris").click();
        await page.getByText("This message is from before you signed in here").first().waitFor();
        await page.getByRole("button", { name: "Open history" }).first().click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("Recovery key").fill("EsTc hello");
        await dialog.getByRole("button", { name: "Open messages" }).click();
        await dialog.getByText("This is not a whole recovery key").waitFor();
        await dialog.getByLabel("Recovery key").fill(boris.recoveryKey);
        await dialog.getByRole("button", { name: "Open messages" }).click();
        await dialog.getByText("This is the recovery key of something else").waitFor();
        await dialog.getByLabel("Recovery key").fill(anna.recoveryKey);
        await dialog.getByRole("button", { name: "Open messages" }).click();
        await sees(tablet, "from before");
        await page.goto(`${server.url}/#/settings/encryption`);
        await page.getByText("Everything is in order").waitFor();
        expectQuiet(tablet);
    });

    test("is confirmed on the first one by comparing emoji, and then reads everything", async () => {
        const phone = await secondDevice(server, anna);
        await phone.page.getByRole("button", { name: "Confirm on another device" }).click();
        await anna.page.getByRole("dialog").getByRole("button", { name: "Continue" }).click();
        await phone.page.getByRole("button", { name: "Compare emoji instead" }).click();
        const emoji = (page) => page.getByRole("dialog").locator("ol li").allInnerTexts();
        for (const { page } of [anna, phone]) await page.getByRole("button", { name: "They are the same" }).waitFor();
        const [here, there] = [await emoji(anna.page), await emoji(phone.page)];
        assert.equal(here.length, 7);
        assert.deepEqual(here, there);
        for (const { page } of [phone, anna]) await page.getByRole("button", { name: "They are the same" }).click();
        for (const { page } of [phone, anna]) {
            await page.getByText("The device is confirmed").waitFor();
            await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
        }
        await roomRow(phone, "Boris").click();
        await sees(phone, "from before");
        await say(boris, "to all devices");
        await sees(phone, "to all devices");
        await sees(anna, "to all devices");
        expectQuiet(phone);
    });

    test("is confirmed by scanning the code that it shows", async () => {
        const phone = await secondDevice(server, anna);
        await phone.page.getByRole("button", { name: "Confirm on another device" }).click();
        await anna.page.getByRole("dialog").getByRole("button", { name: "Continue" }).click();
        await holdBeforeCamera(phone.page, phone.page.getByRole("img", { name: "Verification code" }));
        await anna.page.getByRole("button", { name: "Scan the other code" }).click();
        await phone.page.getByRole("button", { name: "Yes, it has" }).click();
        for (const { page } of [phone, anna]) {
            await page.getByText("The device is confirmed").waitFor();
            await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
        }
        await roomRow(phone, "Boris").click();
        await sees(phone, "from before");
        expectQuiet(phone);
        expectQuiet(anna);
    });

    test("is listed among the sessions and signed out from another one", async () => {
        const laptop = await secondDevice(server, anna);
        await laptop.page.getByRole("button", { name: "Later" }).click();
        await anna.page.goto(`${server.url}/#/settings/devices`);
        await main(anna).getByText("Not verified").first().waitFor();
        await main(anna).getByRole("button", { name: "Sign out all others" }).click();
        const dialog = anna.page.getByRole("dialog");
        await dialog.getByLabel("Password", { exact: true }).fill("wrong");
        await dialog.getByRole("button", { name: "Sign out" }).click();
        await dialog.getByText("The name or the password is wrong").waitFor();
        await dialog.getByLabel("Password", { exact: true }).fill("correct horse battery staple");
        await dialog.getByRole("button", { name: "Sign out" }).click();
        await laptop.page.getByText("This device has been signed out from elsewhere").waitFor();
        expectQuiet(anna);
    });
});

test("who has lost everything begins anew", async () => {
    const anna = await person(server, "anna", "Anna");
    const device = await secondDevice(server, anna);
    const { page } = device;
    await page.getByRole("button", { name: "I have lost all of it" }).click();
    await page.getByRole("button", { name: "Begin anew" }).click();
    const key = (await page.getByTestId("recovery-key").textContent()).trim();
    assert.notEqual(key, anna.recoveryKey);
    await page.getByLabel("I have saved the recovery key").check();
    await page.getByRole("button", { name: "Make new keys" }).click();
    await page.getByRole("dialog", { name: "Confirm that it is you" }).getByLabel("Password", { exact: true }).fill("correct horse battery staple");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Hello, Anna").waitFor();
    await page.goto(`${server.url}/#/settings/encryption`);
    await page.getByText("Everything is in order").waitFor();
    expectQuiet(device);
});
