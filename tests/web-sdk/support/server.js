// The server under test: the one at VECHE_TEST_URL, or the binary VECHE_BIN started here for this file's tests.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

/** The shared secret of `/_synapse/admin/v1/register`. */
export const secret = process.env.VECHE_TEST_SECRET ?? "bench";

const START_LIMIT_MS = 30_000;

async function startBinary(binary) {
    const data = await mkdtemp(join(tmpdir(), "veche-web-sdk-"));
    const settings = [
        "server.name=localhost",
        "listen.http=127.0.0.1:0",
        "listen.https=127.0.0.1:0",
        "listen.turn=127.0.0.1:0",
        "listen.sfu=127.0.0.1:0",
        "listen.ice_tcp=127.0.0.1:0",
        `registration.shared_secret=${secret}`,
        "limits.rates=off",
        // However full the disk of the machine that runs the tests is.
        "storage.reserve_bytes=1048576",
        "setup.skip=true",
    ];
    const child = spawn(binary, ["serve", "--data", data, ...settings.flatMap((s) => ["--set", s])], {
        stdio: ["ignore", "pipe", "pipe"],
    });
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
    return `http://${ready.http}`;
}

async function start() {
    if (process.env.VECHE_TEST_URL) return process.env.VECHE_TEST_URL.replace(/\/$/, "");
    if (!process.env.VECHE_BIN) throw new Error("set VECHE_BIN to the veche binary, or VECHE_TEST_URL to a running server");
    return startBinary(process.env.VECHE_BIN);
}

/** `http://host:port` of the server, without a slash at the end. */
export const baseUrl = await start();
