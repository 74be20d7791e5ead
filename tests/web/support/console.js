// Administrators at the console, in the words of the page.

import { execFile } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { openPage } from "./people.js";
import { json, makeAccount, password, request, token } from "./server.js";

/** An owner, made at the machine, with a token for what a test does without a page. */
export async function makeOwner(server) {
    const username = `owner-${randomBytes(3).toString("hex")}`;
    await new Promise((resolve, reject) => {
        const made = execFile(server.binary, ["user", "add", username, "--owner", "--password-stdin", "--data", server.data], (error) => (error ? reject(error) : resolve()));
        made.stdin.end(`${password}\n`);
    });
    return token(server, { userId: `@${username}:localhost`, username, name: username });
}

/** Somebody to whom `owner` grants these parts. */
export async function makeAdministrator(server, owner, grants) {
    const account = await makeAccount(server, "admin");
    const { proof } = await request(server, owner, "POST", "/api/admin/v1/reauth", { password });
    const answer = await fetch(`${server.url}/api/admin/v1/users/${encodeURIComponent(account.userId)}/role`, {
        method: "PUT",
        headers: { authorization: `Bearer ${owner.token}`, "content-type": "application/json", "x-veche-reauth": proof },
        body: JSON.stringify({ role: "administrator", grants }),
    });
    await json(answer);
    return account;
}

/** Opens the console and signs in; `path` is what follows `/admin/`. */
export async function openConsole(server, account, { path = "", ...options } = {}) {
    const opened = await openPage(server, { path: `/admin/${path}`, ...options });
    await opened.page.locator("input[autocomplete=username]").fill(account.username);
    await opened.page.locator("input[type=password]").fill(password);
    await opened.page.locator("button[type=submit]").click();
    await opened.page.locator("#main").waitFor();
    return { ...opened, account };
}

/** Goes to a page by the menu. */
export async function go({ page }, name) {
    await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
    await page.getByRole("heading", { level: 1, name }).waitFor();
}

export const dialog = ({ page }) => page.getByRole("dialog").last();

/** Answers what is asked before an act: the name, and the password. */
export async function confirm(who, button, { typed, withPassword = false } = {}) {
    const asked = dialog(who);
    if (typed !== undefined) await asked.getByLabel("To confirm, type this name").fill(typed);
    if (withPassword) await asked.getByLabel("Your password").fill(password);
    await asked.getByRole("button", { name: button, exact: true }).click();
}

/** The button beside a line of what is known. */
export const fact = ({ page }, label) => page.locator("dl > div").filter({ has: page.getByRole("term").filter({ hasText: new RegExp(`^${label}$`) }) });

/** Whether a name and a password open an account. */
export async function opens(server, username, secret) {
    const body = JSON.stringify({ type: "m.login.password", identifier: { type: "m.id.user", user: username }, password: secret });
    const answer = await fetch(`${server.url}/_matrix/client/v3/login`, { method: "POST", headers: { "content-type": "application/json" }, body });
    return answer.status === 200 ? ((await answer.json()).access_token ?? null) : null;
}

/** What an authenticator app shows for a secret, so many times half a minute ahead (RFC 6238). */
export function codeOf(secret, ahead = 0) {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const bits = [...secret.replace(/[\s=]/g, "").toUpperCase()].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
    const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
    const mac = createHmac("sha1", key).update(step).digest();
    const number = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, "0");
}
