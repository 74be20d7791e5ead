import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { accessibility, expectQuiet, plugAuthenticator, until } from "../support/browser.js";
import { codeOf, confirm, dialog, fact, go, makeAdministrator, makeOwner, openConsole, opens } from "../support/console.js";
import { openPage, setUp, signIn } from "../support/people.js";
import { makeAccount, password, request, startServer, token } from "../support/server.js";

const server = await startServer();
const owner = await makeOwner(server);
const encoded = (account) => encodeURIComponent(account.userId);

/** What a session is answered at a path of the API. */
async function status(account, method, path) {
    const answer = await fetch(`${server.url}${path}`, { method, headers: { authorization: `Bearer ${account.token}` } });
    return answer.status;
}

describe("signing in", () => {
    test("a wrong password is said at the form; the link that one came by leads on; the device is named and ends with the session", async () => {
        const visitor = await openPage(server, { path: "/admin/journal?noun=account" });
        const { page } = visitor;
        await page.getByLabel("User name").fill(owner.username);
        await page.getByLabel("Password", { exact: true }).fill("wrong");
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByText("The name or the password is wrong").waitFor();
        await page.getByLabel("Password", { exact: true }).fill(password);
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByRole("heading", { name: "Security journal" }).waitFor();
        assert.equal(await page.getByLabel("Kind").inputValue(), "account");
        const names = async () => (await request(server, owner, "GET", "/_matrix/client/v3/devices")).devices.map((device) => device.display_name);
        assert.ok((await names()).includes("Console in Chrome"));
        await page.reload();
        await page.getByRole("heading", { name: "Security journal" }).waitFor();
        // Another tab of the browser has the session, too.
        const second = await visitor.context.newPage();
        await second.goto(`${server.url}/admin/about`);
        await second.getByRole("heading", { name: "About this server" }).waitFor();
        await page.getByRole("button", { name: "Account and appearance" }).click();
        await page.getByRole("menuitem", { name: "Sign out" }).click();
        await page.getByText("You have signed out.").waitFor();
        await second.getByText("You have signed out.").waitFor();
        await until("the device is gone", async () => !(await names()).includes("Console in Chrome"));
        expectQuiet(visitor);
    });

    test("who administers nothing is told so, and no device stays behind", async () => {
        const account = await makeAccount(server, "anna");
        const visitor = await openPage(server, { path: "/admin/" });
        await visitor.page.getByLabel("User name").fill(account.username);
        await visitor.page.getByLabel("Password", { exact: true }).fill(password);
        await visitor.page.getByRole("button", { name: "Sign in" }).click();
        await visitor.page.getByRole("heading", { name: "This is for administrators" }).waitFor();
        await visitor.page.getByText(account.userId).waitFor();
        const { devices } = await request(server, await token(server, account), "GET", "/_matrix/client/v3/devices");
        assert.deepEqual(devices.map((device) => device.display_name), ["suite"]);
        expectQuiet(visitor);
    });
});

describe("roles", () => {
    const EVERYBODY = ["Overview", "Roles", "Security journal", "About this server"];
    const PARTS = [
        { grant: "users", menu: ["People", "Invitations"], api: "/api/admin/v1/users", path: "people" },
        { grant: "rooms", menu: ["Rooms", "Calls"], api: "/api/admin/v1/rooms", path: "rooms" },
        { grant: "system", menu: ["Settings", "Directories", "Network and certificate", "Logs"], api: "/api/admin/v1/settings", path: "settings" },
    ];
    for (const { grant, menu } of PARTS) {
        test(`who was granted ${grant} sees that and what everybody sees, and neither page nor API gives more`, async () => {
            const account = await makeAdministrator(server, owner, [grant]);
            const admin = await openConsole(server, account);
            const links = admin.page.getByRole("navigation").getByRole("link");
            await links.first().waitFor();
            assert.deepEqual((await links.allTextContents()).sort(), [...EVERYBODY, ...menu].sort());
            const session = await token(server, account);
            for (const part of PARTS) {
                assert.equal(await status(session, "GET", part.api), part.grant === grant ? 200 : 403, part.api);
                await admin.page.goto(`${server.url}/admin/${part.path}`);
                const refused = admin.page.getByText("You have not been granted this part");
                if (part.grant === grant) await admin.page.getByRole("heading", { level: 1, name: part.menu[0] }).waitFor();
                else await refused.waitFor();
            }
            expectQuiet(admin);
        });
    }

    test("an administrator gives what he has, and nothing more; an owner takes it back", async () => {
        const [account, colleague] = [await makeAdministrator(server, owner, ["users"]), await makeAccount(server, "boris", { displayName: "Boris" })];
        const admin = await openConsole(server, account, { path: "roles" });
        const { page } = admin;
        await page.getByRole("button", { name: "Add an administrator" }).click();
        await dialog(admin).getByRole("combobox").fill(colleague.username);
        await page.getByRole("option", { name: "Boris" }).click();
        await dialog(admin).getByRole("radio", { name: /^Administrator/ }).check();
        assert.equal(await dialog(admin).getByRole("radio", { name: /^Owner/ }).count(), 0);
        assert.equal(await dialog(admin).getByRole("checkbox", { name: /^System/ }).isDisabled(), true);
        await dialog(admin).getByRole("checkbox", { name: /^People/ }).check();
        await confirm(admin, "Save", { withPassword: true });
        const row = page.getByRole("row").filter({ hasText: colleague.userId });
        await row.waitFor();
        // He cannot take it away again.
        assert.equal(await row.getByRole("button").count(), 0);
        const boss = await openConsole(server, owner, { path: "roles" });
        await boss.page.getByRole("button", { name: `Change the role of ${colleague.userId}` }).click();
        await dialog(boss).getByRole("radio", { name: /^User/ }).check();
        await confirm(boss, "Save", { withPassword: true });
        await boss.page.getByRole("row").filter({ hasText: colleague.userId }).waitFor({ state: "detached" });
        expectQuiet(admin);
        expectQuiet(boss);
    });
});

test("an account from its beginning to its end, and the journal of it", async () => {
    const boss = await openConsole(server, owner, { path: "people" });
    const { page } = boss;
    const username = `new-${Date.now().toString(36)}`;
    const userId = `@${username}:localhost`;
    await page.getByRole("button", { name: "New person" }).click();
    await dialog(boss).getByLabel("User name").fill("Not A Name");
    await dialog(boss).getByRole("button", { name: "Make the account" }).click();
    await dialog(boss).getByText("A name has small Latin letters").waitFor();
    await dialog(boss).getByLabel("User name").fill(username);
    await dialog(boss).getByLabel("Display name").fill("Нина");
    await dialog(boss).getByRole("button", { name: "Make the account" }).click();
    const first = await dialog(boss).getByRole("textbox", { name: "Password", exact: true }).inputValue();
    assert.ok(await opens(server, username, first));
    await dialog(boss).getByRole("button", { name: "Open the account" }).click();
    await page.getByRole("heading", { level: 1, name: "Нина" }).waitFor();

    await fact(boss, "Display name").getByRole("button").click();
    await dialog(boss).getByLabel("Display name").fill("Нина Иванова");
    await dialog(boss).getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "Нина Иванова" }).waitFor();

    const session = await opens(server, username, first);
    await page.getByRole("button", { name: "Lock", exact: true }).click();
    await confirm(boss, "Lock");
    await fact(boss, "Access").getByText("locked").waitFor();
    assert.equal(await status({ token: session }, "GET", "/_matrix/client/v3/account/whoami"), 401);
    await page.getByRole("button", { name: "Unlock" }).click();
    await confirm(boss, "Unlock");
    await fact(boss, "Access").getByText("active").waitFor();
    assert.equal(await status({ token: session }, "GET", "/_matrix/client/v3/account/whoami"), 200);

    await page.reload();
    await page.getByRole("button", { name: "Sign out all" }).click();
    await confirm(boss, "Sign out all");
    await page.getByText("Signed in nowhere").waitFor();
    assert.equal(await status({ token: session }, "GET", "/_matrix/client/v3/account/whoami"), 401);

    await page.getByRole("button", { name: "Reset password" }).click();
    await confirm(boss, "Reset password", { withPassword: true });
    const second = await dialog(boss).getByRole("textbox", { name: "Password", exact: true }).inputValue();
    await dialog(boss).getByRole("button", { name: "Done" }).click();
    assert.equal(await opens(server, username, first), null);
    assert.ok(await opens(server, username, second));

    await page.getByRole("button", { name: "Delete the account" }).click();
    const remove = dialog(boss).getByRole("button", { name: "Delete the account" });
    await dialog(boss).getByRole("radio", { name: /^Forget it/ }).check();
    await dialog(boss).getByLabel("To confirm, type this name").fill("@somebody:else");
    await dialog(boss).getByLabel("Your password").fill("wrong");
    assert.equal(await remove.isDisabled(), true);
    await dialog(boss).getByLabel("To confirm, type this name").fill(userId);
    await remove.click();
    await dialog(boss).getByText("This is not your password").waitFor();
    await confirm(boss, "Delete the account", { withPassword: true });
    await page.getByText("This account has been deleted").waitFor();
    assert.equal(await opens(server, username, second), null);

    await page.getByRole("link", { name: "Open in the journal" }).click();
    const acts = ["deleted an account", "gave a new password", "signed devices out", "unlocked an account", "locked an account", "changed a display name", "made an account"];
    await page.getByRole("cell", { name: "made an account" }).waitFor();
    const rows = await page.getByRole("row").allTextContents();
    assert.equal(rows.length, acts.length + 1);
    acts.forEach((act, index) => assert.ok(rows[index + 1].includes(act), `${act}: ${rows[index + 1]}`));
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export" }).click();
    const table = await readFile(await (await download).path(), "utf8");
    assert.ok(table.includes("account.deactivate") && table.includes(owner.userId), table);
    assert.ok(!table.includes(first) && !table.includes(second));
    expectQuiet(boss);
});

test("with a second factor the console asks for a code, until an owner takes it away", async () => {
    const account = await makeAdministrator(server, owner, ["users"]);
    const admin = await openConsole(server, account);
    const { page } = admin;
    await page.getByRole("button", { name: "Account and appearance" }).click();
    await page.getByRole("menuitem", { name: "Second factor" }).click();
    await dialog(admin).getByLabel("Your password").fill(password);
    await dialog(admin).getByRole("button", { name: "Next" }).click();
    await dialog(admin).getByRole("img", { name: "The secret as a QR code" }).waitFor();
    const secret = await dialog(admin).getByRole("textbox", { name: "Secret" }).inputValue();
    await dialog(admin).getByLabel("Code of the authenticator app").fill(codeOf(secret));
    await dialog(admin).getByRole("button", { name: "Turn it on" }).click();
    await page.getByText("The second factor is on.").waitFor();
    assert.equal(await opens(server, account.username, password), null);

    await page.getByRole("button", { name: "Account and appearance" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByLabel("User name").fill(account.username);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("This account has a second factor").waitFor();
    // Each code is good once.
    await page.getByLabel("Code of the authenticator app").fill(codeOf(secret, 1));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("#main").waitFor();
    expectQuiet(admin);

    const boss = await openConsole(server, owner, { path: `people/${encoded(account)}` });
    await fact(boss, "Second factor").getByRole("button", { name: "Take away" }).click();
    await confirm(boss, "Take away", { withPassword: true });
    await fact(boss, "Second factor").getByText("None").waitFor();
    assert.ok(await opens(server, account.username, password));
    expectQuiet(boss);
});

test("a passkey stands for the password, at the door of the console and before dangerous acts", async () => {
    const account = await makeAdministrator(server, owner, ["users"]);
    const chat = await openPage(server);
    const authenticator = await plugAuthenticator(chat.page);
    await signIn(chat, account);
    await setUp(chat);
    await chat.page.goto(`${server.url}/#/settings/profile`);
    const passkeys = chat.page.getByTestId("passkeys");
    await passkeys.getByRole("button", { name: "Add a passkey" }).click();
    assert.deepEqual(await accessibility(chat.page), []);
    await dialog(chat).getByLabel("What to call it").fill("Work laptop");
    await dialog(chat).getByLabel("Current password").fill(password);
    await dialog(chat).getByRole("button", { name: "Go on" }).click();
    await passkeys.getByText("Work laptop").waitFor();
    assert.equal(await opens(server, account.username, password), null);

    const admin = await openPage(server, { path: "/admin/" });
    const { page } = admin;
    const copy = await plugAuthenticator(page);
    await copy.take(await authenticator.passkeys());
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.locator("#main").waitFor();
    const somebody = await makeAccount(server, "somebody");
    await page.goto(`${server.url}/admin/people/${encoded(somebody)}`);
    await fact(admin, "Password").getByRole("button").click();
    await dialog(admin).getByRole("button", { name: "Use a passkey instead" }).click();
    await dialog(admin).getByText("Your passkey stands for the password").waitFor();
    assert.deepEqual(await accessibility(page), []);
    await dialog(admin).getByRole("button", { name: "Reset password" }).click();
    await dialog(admin).getByRole("textbox", { name: "Password", exact: true }).waitFor();
    expectQuiet(admin);

    await authenticator.take(await copy.passkeys());
    await passkeys.getByRole("button", { name: "Remove the passkey “Work laptop”" }).click();
    await dialog(chat).getByRole("button", { name: "Use a passkey instead" }).click();
    await dialog(chat).getByText("Your passkey stands for the password").waitFor();
    await dialog(chat).getByRole("button", { name: "Remove" }).click();
    await passkeys.getByText("Work laptop", { exact: true }).waitFor({ state: "detached" });
    assert.ok(await opens(server, account.username, password));
    expectQuiet(chat);
});

describe("settings", () => {
    test("are changed and taken back, those of security with the password, and the journal tells it", async () => {
        const boss = await openConsole(server, owner, { path: "settings/registration.mode" });
        const { page } = boss;
        const mode = async () => (await request(server, owner, "GET", "/api/admin/v1/settings")).settings.find(({ key }) => key === "registration.mode").value;
        await dialog(boss).getByRole("radio", { name: "By invitation" }).check();
        await dialog(boss).getByRole("button", { name: "Save" }).click();
        await confirm(boss, "Save", { withPassword: true });
        await dialog(boss).getByRole("button", { name: /^Undo change/ }).waitFor();
        assert.equal(await mode(), "token");
        await dialog(boss).getByRole("button", { name: /^Undo change/ }).click();
        // The password was shown a moment ago.
        await confirm(boss, "Undo");
        await until("the setting is what it was", async () => (await mode()) === "closed");
        await dialog(boss).getByRole("button", { name: /^Undo change/ }).nth(1).waitFor();
        await dialog(boss).getByRole("button", { name: "Close" }).click();
        await page.goto(`${server.url}/admin/journal?noun=setting`);
        await page.getByRole("cell", { name: "changed a setting" }).nth(1).waitFor();
        expectQuiet(boss);
    });

    test("say what is wrong with a value, and which the machine has fixed", async () => {
        const boss = await openConsole(server, owner, { path: "settings/limits.upload_bytes_max" });
        await dialog(boss).getByLabel("New value").fill("a lot");
        await dialog(boss).getByText("Type a size").waitFor();
        assert.equal(await dialog(boss).getByRole("button", { name: "Save" }).isDisabled(), true);
        await dialog(boss).getByLabel("New value").fill("200 MiB");
        await dialog(boss).getByRole("button", { name: "Save" }).click();
        await dialog(boss).getByText("The change holds when the server starts again").waitFor();
        await boss.page.goto(`${server.url}/admin/settings/limits.rates`);
        await dialog(boss).getByText("The command line says what it is").waitFor();
        expectQuiet(boss);
    });
});

test("people are invited by a link and its QR code, and the link is revoked", async () => {
    const boss = await openConsole(server, owner, { path: "invites" });
    const { page } = boss;
    await page.getByText("Invitations open nothing now").waitFor();
    await page.getByRole("button", { name: "New invitation" }).click();
    await dialog(boss).getByRole("button", { name: "Make the link" }).click();
    const link = await dialog(boss).getByRole("textbox", { name: "Invitation link" }).inputValue();
    await dialog(boss).getByRole("img", { name: "The invitation link as a QR code" }).waitFor();
    await dialog(boss).getByRole("button", { name: "Done" }).click();
    const { invites } = await request(server, owner, "GET", "/api/admin/v1/invites");
    assert.deepEqual(invites.map((invite) => [invite.link, invite.uses_allowed]), [[link, 1]]);
    await page.getByRole("button", { name: "Revoke" }).click();
    await confirm(boss, "Revoke");
    await page.getByText("There are no invitations").waitFor();
    expectQuiet(boss);
});

test("a table is looked at line by line; then its accounts are made, and come out again", async () => {
    const boss = await openConsole(server, owner, { path: "people/import" });
    const { page } = boss;
    const [one, two] = ["one", "two"].map((name) => `${name}-${Date.now().toString(36)}`);
    const table = page.getByRole("textbox", { name: "The table" });
    await table.fill(`username,display_name\n${one},"Один, первый"\n,Nobody\nBad Name,X\n${owner.username},Taken`);
    await page.getByRole("button", { name: "Check" }).click();
    await page.getByText("The user name is missing").waitFor();
    assert.equal(await page.getByRole("row").filter({ hasText: ",Nobody" }).count(), 1);
    await table.fill(`username,display_name\n${one},Один\n${two},=1+1\nBad Name,X\n${owner.username},Taken`);
    await page.getByRole("button", { name: "Check" }).click();
    await page.getByText("The user name is taken").waitFor();
    await page.getByText("characters that cannot be used").waitFor();
    await table.fill(`username,display_name\n${one},Один\n${two},=1+1`);
    await page.getByRole("button", { name: "Check" }).click();
    await page.getByRole("button", { name: "Make 2 accounts" }).click();
    await page.getByText("2 accounts were made").waitFor();
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as a table" }).click();
    const passwords = await readFile(await (await saved).path(), "utf8");
    const secret = passwords.split("\r\n").find((line) => line.includes(one)).split(",").at(-1);
    assert.ok(await opens(server, one, secret));
    // A spreadsheet must not calculate with what somebody calls himself.
    assert.ok(passwords.includes("'=1+1"), passwords);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("searchbox").fill(two);
    await page.getByText("1 person").waitFor();
    assert.match(page.url(), new RegExp(`search=${two}`));
    const exported = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export" }).click();
    const people = await readFile(await (await exported).path(), "utf8");
    assert.equal(people.trim().split("\r\n").length, 2);
    expectQuiet(boss);
});

test("a room is shown without what is said in it, listed, and closed for good", async () => {
    const member = await token(server, await makeAccount(server, "carla", { displayName: "Carla" }));
    const { room_id: roomId } = await request(server, member, "POST", "/_matrix/client/v3/createRoom", { name: "Old plans", topic: "What was planned" });
    await request(server, member, "PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/1`, { msgtype: "m.text", body: "nobody else reads this" });
    const boss = await openConsole(server, owner, { path: "rooms?search=Old+plans" });
    const { page } = boss;
    await page.getByRole("link", { name: /Old plans/ }).click();
    await page.getByRole("heading", { level: 1, name: "Old plans" }).waitFor();
    await page.getByRole("row").filter({ hasText: "Carla" }).waitFor();
    assert.ok(!(await page.content()).includes("nobody else reads this"));
    await page.getByRole("switch", { name: /Show in the directory/ }).click();
    await page.getByText("The room is in the directory now").waitFor();
    assert.equal((await request(server, member, "GET", `/_matrix/client/v3/directory/list/room/${encodeURIComponent(roomId)}`)).visibility, "public");
    await page.getByRole("button", { name: "Close the room" }).click();
    await confirm(boss, "Close the room", { typed: "Old plans", withPassword: true });
    await page.getByText("The room has been closed.").waitFor();
    await until("the member is put out", async () => !(await request(server, member, "GET", "/_matrix/client/v3/joined_rooms")).joined_rooms.includes(roomId));
    await go(boss, "Security journal");
    await page.getByRole("cell", { name: "closed a room" }).first().waitFor();
    expectQuiet(boss);
});

test("a certificate that is none is refused with what is wrong with it, in both languages", async () => {
    const boss = await openConsole(server, owner, { path: "network/certificate" });
    const { page } = boss;
    const fill = async (labels) => {
        await page.getByRole("textbox", { name: labels.chain, exact: true }).fill("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----");
        await page.getByRole("textbox", { name: labels.key, exact: true }).fill("not a key");
        await page.getByRole("button", { name: labels.check }).click();
    };
    await fill({ chain: "Certificate", key: "Private key", check: "Check" });
    await page.getByText("Certificate 1 is damaged, or is no X.509 certificate").waitFor();
    await page.getByText(/The private key is not in PEM form|There is no private key/).waitFor();
    assert.equal(await page.getByRole("button", { name: "Keep it" }).isDisabled(), true);
    await page.getByRole("button", { name: "Account and appearance" }).click();
    await page.getByRole("menuitemradio", { name: "Русский" }).or(page.getByRole("menuitem", { name: "Русский" })).or(page.getByRole("menuitemcheckbox", { name: "Русский" })).click();
    await page.getByText("Сертификат 1 повреждён или это не сертификат X.509").waitFor();
    expectQuiet(boss);
});

test("names with markup, of three hundred letters, from right to left and of emoji harm no page", async () => {
    const names = ["<img src=x onerror=alert(1)>", "Д".repeat(200), "مرحبا بالعالم", "🦊".repeat(40), "\"'; DROP TABLE people; --"];
    const accounts = [];
    for (const name of names) accounts.push(await makeAccount(server, "odd", { displayName: name }));
    const maker = await token(server, accounts[0]);
    await request(server, maker, "POST", "/_matrix/client/v3/createRoom", { name: `<b>${"R".repeat(250)}</b>`, topic: "<script>alert(1)</script>" });
    const boss = await openConsole(server, owner, { path: "people?search=odd-", viewport: { width: 390, height: 844 } });
    const { page } = boss;
    for (const [index, name] of names.entries()) {
        await page.goto(`${server.url}/admin/people/${encoded(accounts[index])}`);
        assert.equal(await page.locator("#main h1").textContent(), name);
    }
    for (const path of ["people?search=odd-", "rooms?search=RRRR", "journal"]) {
        await page.goto(`${server.url}/admin/${path}`);
        await page.getByRole("table").waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, path);
    }
    expectQuiet(boss);
});

test("the list of people is walked with keys", async () => {
    const boss = await openConsole(server, owner, { path: "people" });
    const { page } = boss;
    await page.getByRole("table").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type(owner.username);
    await page.getByText("1 person").waitFor();
    await page.getByRole("row").getByRole("link").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: owner.username }).waitFor();
    await page.getByText("This is you").waitFor();
    await page.goBack();
    await page.getByText("1 person").waitFor();
    expectQuiet(boss);
});

describe("every page has no accessibility violations", () => {
    const PATHS = ["", "people", `people/${encoded(owner)}`, "people/import", "invites", "rooms", "calls", "roles", "directories", "journal", "settings", "settings/rooms.encryption", "network/reachability", "network/certificate", "logs", "about", "nowhere"];
    const LOOKS = [
        { colorScheme: "light", locale: "en-US" },
        { colorScheme: "dark", locale: "ru-RU", viewport: { width: 390, height: 844 } },
    ];
    for (const look of LOOKS) {
        test(`${look.colorScheme}, ${look.locale}`, async () => {
            const boss = await openConsole(server, owner, look);
            for (const path of PATHS) {
                await boss.page.goto(`${server.url}/admin/${path}`);
                await boss.page.locator("#main h1").waitFor();
                await until("everything is loaded", async () => (await boss.page.getByText(/^(Loading…|Загрузка…)$/).count()) === 0);
                assert.deepEqual(await accessibility(boss.page), [], path);
            }
            expectQuiet(boss);
        });
    }
});
