import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectQuiet, until } from "../support/browser.js";
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

    test("the page asks before it is left while a file is on its way", async () => {
        let release;
        const held = new Promise((resolve) => { release = resolve; });
        await anna.context.route("**/_matrix/media/v3/upload*", async (route) => {
            await held;
            await route.fallback();
        });
        await send(anna, { name: "slow.txt", mimeType: "text/plain", buffer: Buffer.from("slow") });
        await anna.page.getByRole("button", { name: "Cancel slow.txt" }).waitFor();
        const asked = anna.page.waitForEvent("dialog");
        await anna.page.evaluate(() => { setTimeout(() => { location.reload(); }); });
        const dialog = await asked;
        assert.equal(dialog.type(), "beforeunload");
        await dialog.dismiss();
        release();
        await sees(boris, "slow.txt");
        await anna.context.unroute("**/_matrix/media/v3/upload*");
        await until("the upload is done", async () => (await anna.page.getByRole("button", { name: "Cancel slow.txt" }).count()) === 0);
    });

    test("a file that is too large is refused at once, with both sizes", async () => {
        await send(anna, { name: "large.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(5 * 1024 * 1024) });
        await main(anna).getByText(/This file has 5\.2 MB; the server takes up to 4\.2 MB/).waitFor();
        await anna.page.getByRole("button", { name: "Cancel large.bin" }).click();
    });

    test("a film plays in the page", async () => {
        const recorded = await anna.page.evaluate(async () => {
            const canvas = document.createElement("canvas");
            const pen = canvas.getContext("2d");
            const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm;codecs=vp8" });
            const parts = [];
            recorder.ondataavailable = ({ data }) => parts.push(data);
            const ended = new Promise((resolve) => (recorder.onstop = resolve));
            recorder.start();
            for (let frame = 0; frame < 30; frame += 1) {
                pen.fillStyle = `hsl(${frame * 12} 80% 50%)`;
                pen.fillRect(0, 0, canvas.width, canvas.height);
                await new Promise((drawn) => requestAnimationFrame(drawn));
            }
            recorder.stop();
            await ended;
            return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
        });
        await send(anna, { name: "film.webm", mimeType: "video/webm", buffer: Buffer.from(recorded) });
        await main(boris).getByRole("button", { name: "Play film.webm" }).click();
        const film = boris.page.getByRole("dialog", { name: "film.webm" }).locator("video");
        await until("it plays", () => film.evaluate((video) => video.currentTime > 0 && video.videoWidth === 300));
        await boris.page.keyboard.press("Escape");
    });

    test("a file of 5 GB is refused at once, without being read", async () => {
        const folder = await mkdtemp(join(tmpdir(), "veche-large-"));
        const path = join(folder, "disk.img");
        await writeFile(path, "");
        await truncate(path, 5 * 1024 ** 3);
        await anna.page.getByTestId("file-input").first().setInputFiles(path);
        await main(anna).getByText(/This file has 5\.\d+ GB; the server takes up to 4\.2 MB/).waitFor();
        await anna.page.getByRole("button", { name: "Cancel disk.img" }).click();
        await rm(folder, { recursive: true });
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
