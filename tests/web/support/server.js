// The server under test: the binary VECHE_BIN, started for one file's tests, or the one at VECHE_TEST_URL.

import { spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { standInFront } from "./pages.js";

/** The shared secret of `/_synapse/admin/v1/register`. */
const SECRET = process.env.VECHE_TEST_SECRET ?? "bench";
const START_LIMIT_MS = 30_000;

export const password = "correct horse battery staple";

const BASICS = {
    "server.name": "localhost",
    "listen.http": "127.0.0.1:0",
    "listen.https": "127.0.0.1:0",
    "listen.turn": "127.0.0.1:0",
    "listen.sfu": "127.0.0.1:0",
    "listen.ice_tcp": "127.0.0.1:0",
    "registration.shared_secret": SECRET,
    "limits.rates": "off",
    // However full the disk of the machine that runs the tests is.
    "storage.reserve_bytes": "1048576",
    "setup.skip": "true",
};

/** A server with further settings (undefined: as the server has it); its address as pages are opened at, and its end. */
export async function startServer(more = {}) {
    if (process.env.VECHE_TEST_URL && Object.keys(more).length === 0) return { url: process.env.VECHE_TEST_URL.replace(/\/$/, "") };
    if (!process.env.VECHE_BIN) throw new Error("set VECHE_BIN to the veche binary");
    const data = await mkdtemp(join(tmpdir(), "veche-web-"));
    const all = Object.entries({ ...BASICS, ...more }).filter(([, value]) => value !== undefined);
    const settings = all.flatMap(([name, value]) => ["--set", `${name}=${value}`]);
    const child = spawn(process.env.VECHE_BIN, ["serve", "--data", data, ...settings], { stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    child.stderr.on("data", (chunk) => (log = (log + chunk).slice(-20_000)));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    // Whatever happens to the tests, the process does not stay behind.
    process.once("exit", () => child.kill("SIGKILL"));
    after(async () => {
        child.kill("SIGTERM");
        const code = await ended;
        await rm(data, { recursive: true, force: true });
        if (code !== 0) throw new Error(`veche ended with ${code}:\n${log}`);
    });
    const ready = await new Promise((resolve, reject) => {
        const limit = setTimeout(() => reject(new Error(`no ready line in ${START_LIMIT_MS} ms:\n${log}`)), START_LIMIT_MS);
        createInterface({ input: child.stdout }).once("line", (line) => {
            clearTimeout(limit);
            resolve(JSON.parse(line));
        });
        child.once("error", reject);
        ended.then((code) => reject(new Error(`veche ended with ${code} before it was ready:\n${log}`)));
    });
    // Browsers give pages of plain HTTP their cryptography on this machine only.
    const own = `http://${ready.http.replace("127.0.0.1", "localhost")}`;
    const url = process.env.VECHE_TEST_PAGES ? await standInFront(own, process.env.VECHE_TEST_PAGES) : own;
    return { url, data, binary: process.env.VECHE_BIN };
}

export async function json(response) {
    const body = await response.json();
    if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(body)} from ${response.url}`);
    return body;
}

/** An account made through the shared secret; the answer carries a first device and its token. */
export async function makeAccount(server, name, { displayName, admin = false } = {}) {
    const username = `${name}-${randomBytes(3).toString("hex")}`;
    const url = `${server.url}/_synapse/admin/v1/register`;
    const { nonce } = await json(await fetch(url));
    const mac = createHmac("sha1", SECRET).update([nonce, username, password, admin ? "admin" : "notadmin"].join("\0")).digest("hex");
    const body = JSON.stringify({ nonce, username, password, admin, mac });
    const answer = await json(await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }));
    const account = { userId: answer.user_id, token: answer.access_token, username, name: displayName ?? username };
    if (displayName) await request(server, account, "PUT", `/_matrix/client/v3/profile/${encodeURIComponent(account.userId)}/displayname`, { displayname: displayName });
    // The device that the account was made with is nobody's: it would stand among the sessions.
    account.token = null;
    await json(await fetch(`${server.url}/_matrix/client/v3/logout`, { method: "POST", headers: { authorization: `Bearer ${answer.access_token}` } }));
    return account;
}

/** A token of a further session, for what a test does without a page. */
export async function token(server, account) {
    const body = JSON.stringify({ type: "m.login.password", identifier: { type: "m.id.user", user: account.userId }, password, initial_device_display_name: "suite" });
    const answer = await json(await fetch(`${server.url}/_matrix/client/v3/login`, { method: "POST", headers: { "content-type": "application/json" }, body }));
    return { ...account, token: answer.access_token, deviceId: answer.device_id };
}

/** One request of the client-server API. */
export async function request(server, { token: bearer }, method, path, body) {
    const response = await fetch(`${server.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${bearer}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return json(response);
}
