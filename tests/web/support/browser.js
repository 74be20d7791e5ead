// A browser that the machine has, and what it complained about.

import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after } from "node:test";

const require = createRequire(new URL("../../../appliance/web/package.json", import.meta.url));
const { chromium } = require("playwright-core");

export const WAIT_MS = Number(process.env.VECHE_TEST_WAIT_MS ?? 60_000);

const BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
/** What the browser's camera films, in the form that it takes: see `film` in `files.js`. */
export const CAMERA = join(tmpdir(), `veche-camera-${process.pid}.y4m`);
process.once("exit", () => rmSync(CAMERA, { force: true }));

const ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    // A microphone that hums, and a camera in front of which a test holds something.
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${CAMERA}`,
];

function findBrowser() {
    const folders = (process.env.PATH ?? "").split(delimiter);
    const found = BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
    if (!found) throw new Error(`there is no browser: please install one of ${BROWSERS.join(", ")}`);
    return found;
}

let launched;
const browser = () => (launched ??= chromium.launch({ executablePath: findBrowser(), args: ARGS }));
after(async () => (await launched)?.close());

/** What the server refuses on purpose, which browsers call an error all the same. */
const EXPECTED = /status of 40[0-9].*\/(?:_matrix|api)\//;

/** A browser profile of its own, and a list of everything that must not happen in it. */
export async function newProfile(options = {}) {
    const context = await (await browser()).newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US", ...options });
    context.setDefaultTimeout(WAIT_MS);
    const complaints = [];
    context.on("console", (message) => {
        if (message.type() !== "error" && message.type() !== "warning") return;
        const text = `${message.text()} ${message.location().url}`;
        if (!EXPECTED.test(text) && !context.offlineNow) complaints.push(text);
    });
    context.on("weberror", (error) => complaints.push(error.error().stack ?? String(error.error())));
    await context.exposeBinding("vecheComplain", (_, text) => complaints.push(text));
    await context.addInitScript(() => {
        // What React recovered from says why only here.
        window.addEventListener("error", ({ error }) => {
            if (error?.cause) window.vecheComplain(`because of: ${error.cause.stack ?? error.cause}`);
        });
        document.addEventListener("securitypolicyviolation", (event) => {
            window.vecheComplain(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
        });
    });
    return { context, complaints };
}

/** No error on the console, no exception, nothing that the policy had to stop. */
export function expectQuiet({ complaints }) {
    assert.deepEqual(complaints, []);
}

/** What axe finds on the page as it is now. */
export async function accessibility(page) {
    const { readFileSync } = await import("node:fs");
    // Not as a script element, which the policy of the page would stop.
    await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** Waits until `check` gives something true; for what the page does not show. */
export async function until(what, check, limitMs = WAIT_MS) {
    const end = performance.now() + limitMs;
    let last;
    for (let pause = 20; performance.now() < end; pause = Math.min(pause * 2, 250)) {
        try {
            const answer = await check();
            if (answer) return answer;
        } catch (error) {
            last = error;
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
    }
    throw new Error(`did not happen in ${limitMs} ms: ${what}`, { cause: last });
}

/** Gives a page an authenticator that knows its owner (by a finger that is always there), and keeps passkeys. */
export async function plugAuthenticator(page) {
    const session = await page.context().newCDPSession(page);
    await session.send("WebAuthn.enable");
    const options = { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
    const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
    return {
        /** Whether its owner's finger is there. */
        setPresent: (isUserVerified) => session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
        passkeys: async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
        /** Puts what another one keeps into this one, with its counter, as a phone does that shares them. */
        take: async (passkeys) => {
            for (const credential of passkeys) {
                const { credentialId } = credential;
                await session.send("WebAuthn.removeCredential", { authenticatorId, credentialId }).catch(() => undefined);
                await session.send("WebAuthn.addCredential", { authenticatorId, credential });
            }
        },
    };
}
