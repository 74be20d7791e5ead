// Firefox, driven by Marionette, which every Firefox speaks: commands and answers in JSON over TCP, each with its length before it
// (https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html). The commands are those of WebDriver.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { WAIT_MS, until } from "./browser.js";

const NAMES = ["firefox-esr", "firefox"];
const PREFERENCES = {
    "marionette.port": 0,
    // A camera and a microphone of its own, which nobody has to be asked for.
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.autoplay.default": 0,
    // The server of these tests is on this machine.
    "media.peerconnection.ice.loopback": true,
    "media.peerconnection.ice.obfuscate_host_addresses": false,
    "intl.accept_languages": "en-US",
    // Nothing that asks its makers for anything.
    "app.normandy.enabled": false,
    "app.update.auto": false,
    "browser.safebrowsing.provider.mozilla.updateURL": "",
    "datareporting.policy.dataSubmissionEnabled": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "services.settings.server": "data:,",
    "toolkit.telemetry.server": "data:,",
    // OpenH264 would be fetched.
    "media.gmp-manager.url": "data:,",
};
/** What WebDriver calls an element. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

function findFirefox() {
    const folders = (process.env.PATH ?? "").split(delimiter);
    const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
    if (!found) throw new Error(`there is no Firefox: please install one of ${NAMES.join(", ")}`);
    return found;
}

/** One connection, on which one answer follows each command. */
class Marionette {
    #socket;
    #bytes = Buffer.alloc(0);
    #waiting = new Map();
    #number = 0;

    constructor(port) {
        this.#socket = connect(port, "127.0.0.1");
        this.#socket.on("data", (chunk) => this.#take(chunk));
        this.#socket.on("close", () => this.#fail(new Error("Firefox has closed the connection")));
        this.#socket.on("error", (error) => this.#fail(error));
    }

    #fail(error) {
        for (const { reject } of this.#waiting.values()) reject(error);
        this.#waiting.clear();
    }

    #take(chunk) {
        this.#bytes = Buffer.concat([this.#bytes, chunk]);
        for (;;) {
            const colon = this.#bytes.indexOf(":");
            const end = colon + 1 + Number(this.#bytes.subarray(0, colon));
            if (colon < 0 || this.#bytes.length < end) return;
            const message = JSON.parse(this.#bytes.subarray(colon + 1, end).toString());
            this.#bytes = this.#bytes.subarray(end);
            // What comes first says only who speaks.
            if (!Array.isArray(message)) continue;
            const [, number, error, value] = message;
            const asked = this.#waiting.get(number);
            this.#waiting.delete(number);
            if (error) asked?.reject(new Error(`${asked.command}: ${error.error}: ${error.message}`));
            else asked?.resolve(value);
        }
    }

    send(command, parameters = {}) {
        const number = ++this.#number;
        const text = JSON.stringify([0, number, command, parameters]);
        this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
        return new Promise((resolve, reject) => this.#waiting.set(number, { command, resolve, reject }));
    }

    close() {
        this.#socket.destroy();
    }
}

/** The page that is open, with as much of Playwright's words as the functions beside this file need. */
class Page {
    #marionette;

    constructor(marionette) {
        this.#marionette = marionette;
    }

    async goto(url) {
        await this.#marionette.send("WebDriver:Navigate", { url });
    }

    /** What a function gives that is run in the page; it sees the page's globals, and what it leaves there stays. */
    async evaluate(run, ...args) {
        const script = `const globalThis = window; return (${run})(...arguments);`;
        return (await this.#marionette.send("WebDriver:ExecuteScript", { script, args, scriptTimeout: WAIT_MS })).value;
    }

    /** Waits for an element that can be seen: of the given kind, with this name, or beside a label with this text. */
    async find(kind, name) {
        return until(`${kind} ${name}`, () => this.evaluate(findNamed, kind, name));
    }

    async click(kind, name) {
        const element = await this.find(kind, name);
        await this.#marionette.send("WebDriver:ElementClick", { id: element[ELEMENT] });
    }

    async fill(name, text) {
        const element = await this.find("input", name);
        await this.#marionette.send("WebDriver:ElementSendKeys", { id: element[ELEMENT], text });
    }
}

/** Runs in the page. */
function findNamed(kind, name) {
    const called = (element) => {
        const labels = [...(element.labels ?? [])].map((label) => label.textContent);
        return [element.getAttribute("aria-label"), ...labels, element.textContent].some((text) => text?.trim() === name);
    };
    return [...document.querySelectorAll(kind)].find((element) => element.checkVisibility() && called(element)) ?? null;
}

// As a file's tests end; what is asked for within a hook is done with the hook.
const endings = [];
after(async () => {
    for (const end of endings) await end();
});

/** Starts a Firefox with a profile of its own, which ends with the tests of the file; its one page. */
export async function openFirefox() {
    const profile = await mkdtemp(join(tmpdir(), "veche-firefox-"));
    const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
    await writeFile(join(profile, "user.js"), lines.join("\n"));
    const child = spawn(findFirefox(), ["--headless", "--marionette", "--no-remote", "--profile", profile, "about:blank"], { stdio: ["ignore", "pipe", "ignore"] });
    process.once("exit", () => child.kill("SIGKILL"));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    let marionette;
    endings.push(async () => {
        marionette?.close();
        child.kill("SIGTERM");
        await ended;
        await rm(profile, { recursive: true, force: true });
    });
    const port = await new Promise((resolve, reject) => {
        child.once("error", reject);
        ended.then((code) => reject(new Error(`Firefox ended with ${code}`)));
        createInterface({ input: child.stdout }).on("line", (line) => {
            const found = /Marionette\s+INFO\s+Listening on port (\d+)/.exec(line);
            if (found) resolve(Number(found[1]));
        });
    });
    marionette = new Marionette(port);
    await marionette.send("WebDriver:NewSession", { capabilities: { alwaysMatch: { acceptInsecureCerts: true, pageLoadStrategy: "none" } } });
    await marionette.send("WebDriver:SetWindowRect", { width: 1280, height: 900 });
    return { page: new Page(marionette) };
}
