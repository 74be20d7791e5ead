// People at their pages: what they see and do, in the words of the page.

import { newProfile } from "./browser.js";
import { makeAccount, password } from "./server.js";

/** Opens the page in a new profile of the browser, whose clock is `clockAheadMs` ahead. */
export async function openPage(server, { path = "/", clockAheadMs = 0, ...options } = {}) {
    const profile = await newProfile(options);
    if (clockAheadMs !== 0) await profile.context.addInitScript(setClock, clockAheadMs);
    const page = await profile.context.newPage();
    await page.goto(server.url + path);
    return { ...profile, page, server };
}

/** Runs in the page, before anything of it. */
function setClock(ahead) {
    const Real = Date;
    globalThis.Date = class extends Real {
        constructor(...parts) {
            if (parts.length > 0) super(...parts);
            else super(Real.now() + ahead);
        }
        static now() {
            return Real.now() + ahead;
        }
    };
}

export async function signIn({ page }, account, secret = password) {
    await page.getByLabel("User name").fill(account.username);
    await page.getByLabel("Password", { exact: true }).fill(secret);
    await page.getByRole("button", { name: "Sign in" }).click();
}

/** The first sign-in of an account: keeps the recovery key, which it returns. */
export async function setUp({ page }) {
    const key = await page.getByTestId("recovery-key").textContent();
    await page.getByLabel("I have saved the recovery key").check();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    return key.trim();
}

/** Somebody new, signed in, with encryption set up. */
export async function person(server, name, displayName, options = {}) {
    const account = await makeAccount(server, name, { displayName });
    const opened = await openPage(server, options);
    await signIn(opened, account);
    const recoveryKey = await setUp(opened);
    return { ...opened, account, recoveryKey, name: displayName };
}

/** Another device of somebody: signed in, and nothing more. */
export async function secondDevice(server, { account }, options = {}) {
    const opened = await openPage(server, options);
    await signIn(opened, account);
    return { ...opened, account };
}

export const field = ({ page }, where = page) => where.getByRole("textbox", { name: "Message", exact: true });
export const panel = ({ page }) => page.getByRole("complementary");
export const main = ({ page }) => page.getByRole("main");

/** The row of the message with this text. */
export const message = ({ page }, text, where = page) => where.getByRole("article").filter({ hasText: text }).last();

export async function say(who, text, where) {
    await field(who, where).fill(text);
    await field(who, where).press("Enter");
}

/** `who` sees a message with this text, sent and readable. */
export async function sees(who, text, where) {
    await message(who, text, where).waitFor();
    return message(who, text, where);
}

/** Presses a button of the toolbar beside a message. */
export async function act(who, text, button, where) {
    const row = message(who, text, where);
    await row.hover();
    await row.getByRole("toolbar").getByRole("button", { name: button, exact: true }).click();
}

/** Chooses from the menu of a message. */
export async function choose(who, text, item, where) {
    await act(who, text, "More", where);
    await who.page.getByRole("menuitem", { name: item }).click();
}

export async function toast({ page }, text) {
    await page.getByText(text).waitFor();
}

/** Begins a conversation, which the other one accepts. */
export async function converse(one, other) {
    await one.page.keyboard.press("Control+Shift+K");
    const dialog = one.page.getByRole("dialog");
    await dialog.getByPlaceholder("Name or address").fill(other.account.username);
    await dialog.getByRole("button").filter({ hasText: other.account.userId }).click();
    await field(one).waitFor();
    await other.page.getByRole("navigation").getByRole("button", { name: "Accept" }).click();
    await field(other).waitFor();
}

/** The row of a room in the list. */
export const roomRow = ({ page }, name) => page.locator("a[data-room]").filter({ has: page.getByText(name, { exact: true }) });

/** Opens the menu of a room in the list and chooses from it. */
export async function roomMenu(who, name, item) {
    await roomRow(who, name).click({ button: "right" });
    await who.page.getByRole("menu").getByText(item, { exact: true }).click();
}

/** The id of the room whose page is open. */
export const openRoomId = ({ page }) => decodeURIComponent(new URL(page.url()).hash.split("/")[2].split("?")[0]);
