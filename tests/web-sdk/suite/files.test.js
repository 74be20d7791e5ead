import assert from "node:assert/strict";
import { createHash, randomBytes, webcrypto } from "node:crypto";
import { before, describe, test } from "node:test";
import { imageSize, png } from "../support/images.js";
import { person } from "../support/people.js";
import { receives, roomOf } from "../support/rooms.js";
import { baseUrl } from "../support/server.js";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const unpadded = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

/** Fetches content the way clients do now: with the access token in a header. */
async function download(client, mxc, { size, method, headers } = {}) {
    const url = client.mxcUrlToHttp(mxc, size?.[0], size?.[1], method, false, true, true);
    assert.ok(url.includes("/_matrix/client/v1/media/"), url);
    return fetch(url, { headers: { Authorization: `Bearer ${client.getAccessToken()}`, ...headers } });
}

/** Spec: "Sending encrypted attachments" (AES-CTR with a 64-bit counter, SHA-256 of what is stored). */
async function encryptFile(plain) {
    const iv = Buffer.concat([randomBytes(8), Buffer.alloc(8)]);
    const key = await webcrypto.subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt", "decrypt"]);
    const data = Buffer.from(await webcrypto.subtle.encrypt({ name: "AES-CTR", counter: iv, length: 64 }, key, plain));
    const hashes = { sha256: unpadded(createHash("sha256").update(data).digest()) };
    return { data, info: { v: "v2", key: await webcrypto.subtle.exportKey("jwk", key), iv: unpadded(iv), hashes } };
}

async function decryptFile(data, info) {
    assert.equal(unpadded(createHash("sha256").update(data).digest()), info.hashes.sha256);
    const key = await webcrypto.subtle.importKey("jwk", info.key, { name: "AES-CTR" }, true, ["decrypt"]);
    const counter = Buffer.from(info.iv, "base64");
    return Buffer.from(await webcrypto.subtle.decrypt({ name: "AES-CTR", counter, length: 64 }, key, data));
}

describe("files", () => {
    let ann, ben;
    before(async () => {
        [ann, ben] = await Promise.all([person("ann", { crypto: true }), person("ben", { crypto: true })]);
    });

    test("a plain file is uploaded and another user gets the same bytes, type and name", async () => {
        const roomId = await roomOf([ann, ben]);
        const bytes = randomBytes(300_001);
        const { content_uri: url } = await ann.uploadContent(new Blob([bytes]), { name: "отчёт 2026.pdf", type: "application/pdf" });
        const { event_id: id } = await ann.sendMessage(roomId, { msgtype: "m.file", body: "отчёт 2026.pdf", url });
        const event = await receives(ben, roomId, id);
        const answer = await download(ben, event.getContent().url);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get("content-type"), "application/pdf");
        assert.ok(answer.headers.get("content-disposition").includes(encodeURIComponent("отчёт 2026.pdf").replaceAll("%20", "")) ||
            decodeURIComponent(answer.headers.get("content-disposition")).includes("отчёт 2026.pdf"));
        assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), sha256(bytes));
    });

    test("an encrypted file travels through the server unreadable and opens at the other end", async () => {
        const roomId = await roomOf([ann, ben], { encrypted: true });
        const plain = Buffer.from("Строго конфиденциально ".repeat(5000));
        const { data, info } = await encryptFile(plain);
        const { content_uri: url } = await ann.uploadContent(new Blob([data]), { type: "application/octet-stream", includeFilename: false });
        const { event_id: id } = await ann.sendMessage(roomId, { msgtype: "m.file", body: "secret.txt", file: { ...info, url } });
        const file = (await receives(ben, roomId, id)).getContent().file;
        const stored = Buffer.from(await (await download(ben, file.url)).arrayBuffer());
        assert.equal(stored.includes("конфиденциально"), false);
        assert.deepEqual(await decryptFile(stored, file), plain);
    });

    test("a picture has thumbnails of the asked sizes", async () => {
        const { content_uri: url } = await ann.uploadContent(new Blob([png(1200, 800)]), { name: "p.png", type: "image/png" });
        for (const [size, method] of [[[96, 96], "crop"], [[320, 240], "scale"], [[800, 600], "scale"]]) {
            const answer = await download(ben, url, { size, method });
            assert.equal(answer.status, 200);
            assert.match(answer.headers.get("content-type"), /^image\/(png|jpeg|webp)$/);
            const { width, height } = imageSize(Buffer.from(await answer.arrayBuffer()));
            if (method === "crop") assert.deepEqual([width, height], size);
            else assert.ok(width <= size[0] && height <= size[1] && width * height > 0, `${width}x${height} for ${size}`);
        }
    });

    test("content is given to nobody without a session", async () => {
        const { content_uri: url } = await ann.uploadContent(new Blob(["internal"]), { type: "text/plain" });
        const [server, id] = url.slice("mxc://".length).split("/");
        assert.equal((await fetch(`${baseUrl}/_matrix/client/v1/media/download/${server}/${id}`)).status, 401);
        assert.equal((await fetch(`${baseUrl}/_matrix/media/v3/download/${server}/${id}`)).status, 404);
    });

    test("what a browser could run is never shown inline", async () => {
        const { content_uri: url } = await ann.uploadContent(new Blob(["<script>alert(1)</script>"]), { name: "a.html", type: "text/html" });
        const answer = await download(ben, url);
        assert.match(answer.headers.get("content-disposition"), /^attachment/);
        assert.match(answer.headers.get("content-security-policy"), /sandbox/);
    });

    test("an address reserved first is filled later, once", async () => {
        const created = await ann.http.authedRequest("POST", "/create", undefined, undefined, { prefix: "/_matrix/media/v1" });
        const [server, id] = created.content_uri.slice("mxc://".length).split("/");
        const put = (body) =>
            fetch(`${baseUrl}/_matrix/media/v3/upload/${server}/${id}`, {
                method: "PUT",
                headers: { "Authorization": `Bearer ${ann.getAccessToken()}`, "content-type": "text/plain" },
                body,
            });
        assert.equal((await put("later")).status, 200);
        assert.equal(await (await download(ben, created.content_uri)).text(), "later");
        const again = await put("other");
        assert.equal(again.status, 409);
        assert.equal((await again.json()).errcode, "M_CANNOT_OVERWRITE_MEDIA");
    });

    test("the upload limit is told and kept", async () => {
        const limit = (await ann.getMediaConfig(true))["m.upload.size"];
        assert.ok(limit >= 1024 * 1024);
        const answer = await fetch(`${baseUrl}/_matrix/media/v3/upload`, {
            method: "POST",
            headers: { "Authorization": `Bearer ${ann.getAccessToken()}`, "content-type": "application/octet-stream" },
            body: Buffer.alloc(limit + 1),
        }).catch((error) => error);
        // A server may answer, or hang up on a body that it will not read.
        if (answer instanceof Response) assert.equal(answer.status, 413);
    });

    test("an unknown address is not found", async () => {
        const answer = await download(ann, "mxc://localhost/doesnotexist");
        assert.equal(answer.status, 404);
        assert.equal((await answer.json()).errcode, "M_NOT_FOUND");
    });
});
