import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { readFile } from "node:fs/promises";
import { expectQuiet } from "../support/browser.js";
import { pdf, png } from "../support/files.js";
import { converse, field, main, message, person, sees } from "../support/people.js";
import { startServer } from "../support/server.js";

const server = await startServer({ "limits.upload_bytes_max": String(4 * 1024 * 1024) });
const picture = png(1_600, 900);

describe("files in an encrypted conversation", () => {
    let anna, boris;
    before(async () => {
        anna = await person(server, "anna", "Anna");
        boris = await person(server, "boris", "Boris");
        await converse(anna, boris);
    });

    const send = (who, ...files) => who.page.getByTestId("file-input").first().setInputFiles(files);

    test("a picture shows small, opens large, and is saved byte for byte", async () => {
        await send(anna, { name: "chart.png", mimeType: "image/png", buffer: picture });
        const small = main(boris).getByRole("button", { name: "Open chart.png" });
        await small.locator("img").waitFor();
        await small.click();
        const viewer = boris.page.getByRole("dialog", { name: "chart.png" });
        await viewer.locator("img").waitFor();
        const size = await viewer.locator("img").evaluate((img) => [img.naturalWidth, img.naturalHeight]);
        assert.deepEqual(size, [1_600, 900]);
        const [download] = await Promise.all([boris.page.waitForEvent("download"), viewer.getByRole("button", { name: "Save chart.png" }).click()]);
        assert.deepEqual(await readFile(await download.path()), picture);
        await viewer.getByRole("button", { name: "Close" }).click();
    });

    test("what lies on the server is not the picture", async () => {
        const requests = [];
        boris.page.on("response", async (response) => {
            if (response.url().includes("/media/download/")) requests.push(await response.body().catch(() => Buffer.alloc(0)));
        });
        await send(anna, { name: "second.png", mimeType: "image/png", buffer: png(64, 64) });
        await main(boris).getByRole("button", { name: "Open second.png" }).locator("img").waitFor();
        assert.ok(requests.length > 0);
        for (const body of requests) assert.notEqual(body.subarray(1, 4).toString("latin1"), "PNG");
    });

    test("a PDF opens in the page", async () => {
        await send(anna, { name: "paper.pdf", mimeType: "application/pdf", buffer: pdf("Veche") });
        await main(boris).getByRole("button", { name: "Open paper.pdf" }).click();
        const page = boris.page.getByRole("img", { name: "Page 1" });
        await page.waitFor();
        await boris.page.waitForFunction((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.some((value, index) => index % 4 === 0 && value < 100);
        }, await page.elementHandle());
        await boris.page.keyboard.press("Escape");
    });

    test("several files go in their order, and one can be called off", async () => {
        await anna.context.route("**/_matrix/media/v3/upload*", async (route) => {
            await new Promise((resolve) => setTimeout(resolve, 1_500));
            await route.fallback();
        });
        const text = (name) => ({ name, mimeType: "text/plain", buffer: Buffer.from(name) });
        await send(anna, text("a.txt"), text("b.txt"), text("c.txt"));
        await anna.page.getByRole("button", { name: "Cancel b.txt" }).click();
        await sees(boris, "c.txt");
        await anna.context.unroute("**/_matrix/media/v3/upload*");
        const names = (await main(boris).getByRole("article").allInnerTexts()).map((line) => /\b[abc]\.txt/.exec(line)?.[0]).filter(Boolean);
        assert.deepEqual(names, ["a.txt", "c.txt"]);
    });

    test("a file that is too large is refused at once, with both sizes", async () => {
        await send(anna, { name: "large.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(5 * 1024 * 1024) });
        await main(anna).getByText(/This file has 5\.2 MB; the server takes up to 4\.2 MB/).waitFor();
        await anna.page.getByRole("button", { name: "Cancel large.bin" }).click();
    });

    test("a page of HTML that somebody sends is saved and never shown", async () => {
        await send(anna, { name: "page.html", mimeType: "text/html", buffer: Buffer.from("<script>alert(1)</script>") });
        const row = await sees(boris, "page.html");
        const [download] = await Promise.all([boris.page.waitForEvent("download"), row.getByRole("button", { name: "Save page.html" }).first().click()]);
        assert.equal(download.suggestedFilename(), "page.html");
    });

    test("files can be pasted and dropped", async () => {
        const transfer = (page) =>
            page.evaluateHandle(() => {
                const data = new DataTransfer();
                data.items.add(new File(["pasted"], "dropped.txt", { type: "text/plain" }));
                return data;
            });
        await field(anna).evaluate((area) => {
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File(["pasted"], "pasted.txt", { type: "text/plain" }));
            area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        });
        await sees(boris, "pasted.txt");
        await main(anna).getByRole("log").dispatchEvent("drop", { dataTransfer: await transfer(anna.page) });
        await sees(boris, "dropped.txt");
        assert.equal(await message(boris, "dropped.txt").count(), 1);
    });

    test("nothing of this made the browser complain", () => {
        expectQuiet(anna);
        expectQuiet(boris);
    });
});
