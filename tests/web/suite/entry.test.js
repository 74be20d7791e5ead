import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { codeOf } from "../support/console.js";
import { accessibility, expectQuiet, until } from "../support/browser.js";
import { field, openPage, person, say, sees, setUp, signIn } from "../support/people.js";
import { makeAccount, password, request, startServer, token } from "../support/server.js";

const server = await startServer();

/** Names of the databases that the page has in its browser. */
const databases = (page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name).sort());

describe("signing in", () => {
    test("a wrong password is said at the form, and nothing is lost; then it works", async () => {
        const account = await makeAccount(server, "anna", { displayName: "Anna" });
        const visitor = await openPage(server);
        const { page } = visitor;
        await signIn(visitor, account, "wrong");
        await page.getByText("The name or the password is wrong").waitFor();
        assert.equal(await page.getByLabel("User name").inputValue(), account.username);
        await page.getByText("Your administrator makes one for you").waitFor();
        await signIn(visitor, account);
        const key = await setUp(visitor);
        assert.match(key, /^Es[1-9A-HJ-NP-Za-km-z]{2}( [1-9A-HJ-NP-Za-km-z]{1,4}){11,12}$/);
        await page.getByText("Hello, Anna").waitFor();
        expectQuiet(visitor);
    });

    test("the session is there after a reload, and after the browser was closed it needs no password", async () => {
        const anna = await person(server, "anna", "Anna");
        await anna.page.reload();
        await anna.page.getByText("Hello, Anna").waitFor();
        await anna.page.close();
        const again = await anna.context.newPage();
        await again.goto(server.url);
        await again.getByText("Hello, Anna").waitFor();
        expectQuiet(anna);
    });

    test("signing out forgets everything", async () => {
        const anna = await person(server, "anna", "Anna");
        const { page } = anna;
        assert.ok((await databases(page)).some((name) => name.includes("crypto")));
        await page.getByRole("button", { name: "Anna: account menu" }).click();
        await page.getByRole("menuitem", { name: "Sign out" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
        await page.getByRole("heading", { name: "Sign in" }).waitFor();
        await until("the stores are gone", async () => (await databases(page)).join() === "veche");
        await page.reload();
        await page.getByRole("heading", { name: "Sign in" }).waitFor();
        expectQuiet(anna);
    });

    test("a session that is ended from elsewhere forgets everything and says so", async () => {
        const anna = await person(server, "anna", "Anna");
        const other = await token(server, anna.account);
        const { devices } = await request(server, other, "GET", "/_matrix/client/v3/devices");
        const mine = devices.map(({ device_id: id }) => id).find((id) => id !== other.deviceId);
        const path = "/_matrix/client/v3/delete_devices";
        const challenge = await fetch(server.url + path, { method: "POST", headers: { authorization: `Bearer ${other.token}`, "content-type": "application/json" }, body: JSON.stringify({ devices: [mine] }) });
        const { session } = await challenge.json();
        const auth = { type: "m.login.password", identifier: { type: "m.id.user", user: anna.account.userId }, password, session };
        await request(server, other, "POST", path, { devices: [mine], auth });
        await anna.page.getByText("This device has been signed out from elsewhere").waitFor();
        await until("the stores are gone", async () => (await databases(anna.page)).join() === "veche");
    });
});

test("a second factor is turned on in the settings, asked for at the next sign-in, and turned off again", async () => {
    const anna = await person(server, "anna", "Anna");
    const { page } = anna;
    const dialog = page.getByRole("dialog");
    await page.goto(`${server.url}/#/settings/profile`);
    await page.getByRole("heading", { name: "Second factor Off" }).waitFor();
    await page.getByRole("button", { name: "Turn it on" }).click();
    await dialog.getByLabel("Current password").fill("wrong");
    await dialog.getByRole("button", { name: "Next" }).click();
    await dialog.getByText("The password is wrong").waitFor();
    await dialog.getByLabel("Current password").fill(password);
    await page.keyboard.press("Enter");
    await dialog.getByRole("img", { name: "The secret as a QR code" }).waitFor();
    const secret = await dialog.getByLabel("Secret", { exact: true }).inputValue();
    assert.deepEqual(await accessibility(page), []);
    // The field has the focus, so that the digits can be typed at once.
    await page.keyboard.type(notOf(secret));
    await page.keyboard.press("Enter");
    await dialog.getByText("are not those").waitFor();
    // The code of the half minute before: each is good once, and two more are needed. It must not end just now.
    await until("there is time left", () => Date.now() % 30_000 < 25_000);
    await dialog.getByLabel("Six digits from the app").fill(codeOf(secret, -1));
    await dialog.getByRole("button", { name: "Turn it on" }).click();
    await page.getByRole("heading", { name: "Second factor On" }).waitFor();

    const elsewhere = await openPage(server);
    await signIn(elsewhere, anna.account);
    await elsewhere.page.getByText("Now enter the six digits").waitFor();
    await elsewhere.page.getByLabel("Code of the authenticator app").fill(notOf(secret));
    await elsewhere.page.getByRole("button", { name: "Sign in" }).click();
    await elsewhere.page.getByText("are not those").waitFor();
    await elsewhere.page.getByLabel("Code of the authenticator app").fill(codeOf(secret));
    await elsewhere.page.getByRole("button", { name: "Sign in" }).click();
    await elsewhere.page.getByRole("heading", { name: "Sign in" }).waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Turn it off" }).click();
    await dialog.getByLabel("Current password").fill(password);
    await dialog.getByLabel("Six digits from the app").fill(codeOf(secret, 1));
    await dialog.getByRole("button", { name: "Turn it off" }).click();
    await page.getByRole("heading", { name: "Second factor Off" }).waitFor();
    const again = await openPage(server);
    await signIn(again, anna.account);
    await again.page.getByRole("heading", { name: "Sign in" }).waitFor({ state: "detached" });
    expectQuiet(anna);
});

/** Six digits that no clock makes right. */
function notOf(secret) {
    const right = [-2, -1, 0, 1, 2].map((ahead) => codeOf(secret, ahead));
    return ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !right.includes(code));
}

test("Russian from the first page on", async () => {
    const visitor = await openPage(server, { locale: "ru-RU" });
    await visitor.page.getByRole("heading", { name: "Вход" }).waitFor();
    await visitor.page.getByLabel("English").check();
    await visitor.page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.equal(await visitor.page.locator("html").getAttribute("lang"), "en");
    expectQuiet(visitor);
});

test("the page to sign in has no accessibility violations, in either theme", async () => {
    for (const colorScheme of ["light", "dark"]) {
        const visitor = await openPage(server, { colorScheme });
        await visitor.page.getByRole("heading", { name: "Sign in" }).waitFor();
        assert.deepEqual(await accessibility(visitor.page), []);
    }
});

test("registering takes a token where the server wants one, and says what is wrong with it", async () => {
    const closed = await startServer({ "registration.mode": "token" });
    const run = promisify(execFile);
    // The first account is made with the token that the server gives to whoever sits at the machine.
    await run(closed.binary, ["user", "add", "root", "--admin", "--data", closed.data]);
    const visitor = await openPage(closed, { path: "/#/register" });
    const { page } = visitor;
    await page.getByRole("heading", { name: "Make an account" }).waitFor();
    await page.getByLabel("Registration code").fill("not-a-token");
    await page.getByLabel("User name").fill("Anna Maria");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByText("A name has small Latin letters").waitFor();
    await page.getByLabel("User name").fill("anna");
    await page.getByRole("button", { name: "Make the account" }).click();
    await page.getByText("This registration code is not valid").waitFor();
    assert.equal(await page.getByLabel("User name").inputValue(), "anna");
    expectQuiet(visitor);
});

describe("one tab at a time", () => {
    test("a second tab says so and can take over; the first one then stops", async () => {
        const anna = await person(server, "anna", "Anna");
        const second = await anna.context.newPage();
        await second.goto(server.url);
        await second.getByRole("heading", { name: "Veche is open in another tab" }).waitFor();
        await second.getByRole("button", { name: "Use it here" }).click();
        await second.getByText("Hello, Anna").waitFor();
        await anna.page.getByRole("heading", { name: "Veche is open in another tab" }).waitFor();
        await second.close();
        // It waits for its turn: nothing has to be pressed.
        await anna.page.getByText("Hello, Anna").waitFor();
        expectQuiet(anna);
    });
});

test("a session that expires while somebody types keeps the draft and the device", async () => {
    const anna = await person(server, "anna", "Anna");
    const { page } = anna;
    await page.getByRole("button", { name: "New", exact: true }).click();
    await page.getByRole("menuitem", { name: "New room" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Notes");
    await page.getByRole("button", { name: "Create" }).click();
    await field(anna).waitFor();
    await say(anna, "before");
    await sees(anna, "before");
    await field(anna).fill("half a thought");
    // The server says that the token has expired, as it does for tokens with an end.
    let expired = true;
    await anna.context.route("**/_matrix/client/v3/sync*", async (route) => {
        if (!expired) return route.fallback();
        const body = JSON.stringify({ errcode: "M_UNKNOWN_TOKEN", error: "expired", soft_logout: true });
        return route.fulfill({ status: 401, contentType: "application/json", body });
    });
    // Another device signs in, which ends the long poll.
    await token(server, anna.account);
    await page.getByText("Your session has expired").waitFor();
    expired = false;
    await page.getByLabel(/^Password of/).fill(password);
    await page.getByRole("button", { name: "Go on" }).click();
    await sees(anna, "before");
    await until("the draft is back", async () => (await field(anna).inputValue()) === "half a thought");
    expectQuiet(anna);
});
