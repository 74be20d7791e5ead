import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { accessibility, expectQuiet, until } from "../support/browser.js";
import { act, converse, field, main, message, openRoomId, person, roomRow, say, sees, setUp, signIn } from "../support/people.js";
import { makeAccount, password, request, startServer, token } from "../support/server.js";
import { png } from "../support/files.js";

const server = await startServer();

/** Names of the databases that the page has in its browser. */
const databases = (page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name).sort());
const caches = (page) => page.evaluate(() => globalThis.caches.keys());

/** Everything that the browser keeps for the page, as text: what is readable there is readable for whoever has the disk. */
const onDisk = (page) =>
    page.evaluate(async () => {
        const done = (wanted) => new Promise((resolve, reject) => Object.assign(wanted, { onsuccess: () => resolve(wanted.result), onerror: () => reject(wanted.error) }));
        const text = (value) =>
            value instanceof ArrayBuffer || ArrayBuffer.isView(value)
                ? new TextDecoder("latin1").decode(value)
                : typeof value === "object" && value !== null
                  ? Object.values(value).map(text).join(" ")
                  : String(value);
        let all = Object.values(localStorage).join(" ");
        for (const { name } of await indexedDB.databases()) {
            const db = await done(indexedDB.open(name));
            for (const store of db.objectStoreNames) {
                const { [0]: keys, [1]: values } = await Promise.all(["getAllKeys", "getAll"].map((what) => done(db.transaction(store).objectStore(store)[what]())));
                all += [...keys, ...values].map(text).join(" ");
            }
            db.close();
        }
        return all;
    });

async function cut(who) {
    // What the browser says of requests that fail now is no fault of the page.
    who.context.offlineNow = true;
    await who.context.setOffline(true);
}

async function connect(who) {
    await who.context.setOffline(false);
}

/** The page can open without a network from now on. */
const ready = ({ page }) => page.evaluate(async () => void (await navigator.serviceWorker.ready));

/** What was written is on the disk: the page was told to go. */
async function reload(who) {
    await who.page.reload();
}

/** Chooses files in the composer. */
const choose = ({ page }, ...files) => page.getByTestId("file-input").first().setInputFiles(files);

/** How many records a drawer of the open account holds. */
const kept = ({ page }, drawer) =>
    page.evaluate(async (name) => {
        const done = (wanted) => new Promise((resolve, reject) => Object.assign(wanted, { onsuccess: () => resolve(wanted.result), onerror: () => reject(wanted.error) }));
        const found = (await indexedDB.databases()).find((database) => database.name.startsWith("veche-a-"));
        const db = await done(indexedDB.open(found.name));
        const count = await done(db.transaction(name).objectStore(name).count());
        db.close();
        return count;
    }, drawer);

async function search(who, words) {
    await who.page.keyboard.press("Control+Shift+F");
    await who.page.getByRole("combobox", { name: "Words of a message…" }).fill(words);
}

const hit = ({ page }, text) => page.getByRole("dialog").getByRole("option").filter({ hasText: text });

async function room(who, name, invite) {
    const { page } = who;
    await page.getByRole("button", { name: "New", exact: true }).click();
    await page.getByRole("menuitem", { name: "New room" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Open channel").click();
    await dialog.getByRole("textbox", { name: "Name" }).fill(name);
    if (invite) {
        await dialog.getByRole("combobox").fill(invite.account.username);
        await page.getByRole("option").filter({ hasText: invite.account.userId }).click();
    }
    await dialog.getByRole("button", { name: "Create" }).click();
    await field(who).waitFor();
}

/** Ends somebody's session from elsewhere, as another device or an administrator does. */
async function revoke({ account }) {
    const other = await token(server, account);
    const { devices } = await request(server, other, "GET", "/_matrix/client/v3/devices");
    const others = devices.map(({ device_id: id }) => id).filter((id) => id !== other.deviceId);
    const path = "/_matrix/client/v3/delete_devices";
    const headers = { authorization: `Bearer ${other.token}`, "content-type": "application/json" };
    const challenge = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify({ devices: others }) });
    const { session } = await challenge.json();
    const auth = { type: "m.login.password", identifier: { type: "m.id.user", user: account.userId }, password, session };
    await request(server, other, "POST", path, { devices: others, auth });
}

/** The texts of the messages that `pattern` matches, in their order on the page. */
async function order(who, pattern) {
    const rows = await main(who).getByRole("article").allInnerTexts();
    return rows.map((row) => pattern.exec(row)?.[0]).filter(Boolean);
}

describe("without a network", () => {
    let anna, boris;
    before(async () => {
        anna = await person(server, "anna", "Anna Petrova");
        boris = await person(server, "boris", "Boris Ivanov");
        await converse(anna, boris);
        await say(anna, "Купила новую книгу про корабли");
        await sees(boris, "Купила новую книгу");
        await say(boris, "Two meetings are planned for Monday");
        await sees(anna, "Two meetings");
        await anna.page.setInputFiles("input[type=file]", { name: "chart.png", mimeType: "image/png", buffer: png(320, 200) });
        await main(anna).getByRole("button", { name: "Open chart.png" }).locator("img").waitFor();
        await sees(boris, "chart.png").catch(() => undefined);
        await ready(anna);
    });

    test("the page opens after a reload, with rooms, people, history and the files that were opened", async () => {
        await reload(anna);
        await sees(anna, "Two meetings");
        await main(anna).getByRole("button", { name: "Open chart.png" }).locator("img").waitFor();
        await cut(anna);
        await reload(anna);
        await roomRow(anna, "Boris Ivanov").waitFor();
        await sees(anna, "Купила новую книгу");
        await sees(anna, "Two meetings");
        await anna.page.getByText("No connection").waitFor();
        const picture = main(anna).getByRole("button", { name: "Open chart.png" }).locator("img");
        await picture.waitFor();
        await until("the picture is drawn", () => picture.evaluate((img) => img.naturalWidth > 0));
    });

    test("messages are found by other forms of their words, and open at their place", async () => {
        await search(anna, "книги");
        await hit(anna, "Купила новую книгу").waitFor();
        await anna.page.getByRole("combobox", { name: "Words of a message…" }).fill("meeting");
        await hit(anna, "Two meetings are planned").waitFor();
        assert.deepEqual(await accessibility(anna.page), []);
        await anna.page.getByRole("combobox", { name: "Words of a message…" }).fill("кораб");
        await hit(anna, "корабли").waitFor();
        await anna.page.keyboard.press("Enter");
        await anna.page.locator("[data-event][data-marked]").filter({ hasText: "корабли" }).waitFor();
        await anna.page.getByRole("dialog").waitFor({ state: "detached" });
    });

    test("what is written waits, also over a reload, and goes out once and in its order", async () => {
        await say(anna, "outbox one");
        await say(anna, "outbox two");
        await act(anna, "Two meetings", "Reply");
        await say(anna, "outbox three");
        await message(anna, "outbox three").getByText("Waiting for the connection").waitFor();
        await reload(anna);
        await message(anna, "outbox three").getByText("Waiting for the connection").waitFor();
        await say(anna, "outbox unwanted");
        await message(anna, "outbox unwanted").getByRole("button", { name: "Do not send" }).click();
        await message(anna, "outbox unwanted").waitFor({ state: "detached" });
        assert.deepEqual(await order(anna, /outbox (?:one|two|three)/), ["outbox one", "outbox two", "outbox three"]);
        assert.equal((await onDisk(anna.page)).includes("outbox two"), false);
        await connect(anna);
        await sees(boris, "outbox three");
        assert.deepEqual(await order(boris, /outbox (?:one|two|three)/), ["outbox one", "outbox two", "outbox three"]);
        await until("nothing waits any more", async () => (await anna.page.getByText("Waiting for the connection").count()) === 0);
        assert.equal(await message(boris, "outbox unwanted").count(), 0);
        await (await sees(boris, "outbox three")).getByRole("button", { name: /Two meetings/ }).waitFor();
        await reload(anna);
        await sees(anna, "outbox three");
        assert.deepEqual(await order(anna, /outbox (?:one|two|three)/), ["outbox one", "outbox two", "outbox three"]);
    });

    test("a file waits between the messages, also over a reload, and arrives once, in its place and byte for byte", async () => {
        await cut(anna);
        await anna.page.getByText("No connection").waitFor();
        const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256));
        await say(anna, "parcel one");
        await choose(anna, { name: "parcel.bin", mimeType: "application/octet-stream", buffer: bytes }, { name: "unwanted.txt", mimeType: "text/plain", buffer: Buffer.from("unwanted") });
        await say(anna, "parcel two");
        await message(anna, "parcel.bin").getByText("Waiting for the connection").waitFor();
        assert.deepEqual(await accessibility(anna.page), []);
        await until("the file is on the disk", async () => (await kept(anna, "waiting")) === 2);
        await reload(anna);
        await message(anna, "parcel.bin").getByText("Waiting for the connection").waitFor();
        assert.equal((await onDisk(anna.page)).includes("parcel.bin"), false);
        await message(anna, "unwanted.txt").getByRole("button", { name: "Cancel unwanted.txt" }).click();
        await message(anna, "unwanted.txt").waitFor({ state: "detached" });
        assert.deepEqual(await order(anna, /parcel(?: one|\.bin| two)/), ["parcel one", "parcel.bin", "parcel two"]);
        await connect(anna);
        await sees(boris, "parcel two");
        assert.deepEqual(await order(boris, /parcel(?: one|\.bin| two)/), ["parcel one", "parcel.bin", "parcel two"]);
        const save = message(boris, "parcel.bin").getByRole("button", { name: "Save parcel.bin" }).first();
        const [download] = await Promise.all([boris.page.waitForEvent("download"), save.click()]);
        assert.deepEqual(await readFile(await download.path()), bytes);
        assert.equal(await message(boris, "unwanted.txt").count(), 0);
        await until("nothing is kept for it any more", async () => (await kept(anna, "waiting")) === 0);
        await reload(anna);
        await sees(anna, "parcel two");
        assert.deepEqual(await order(anna, /parcel(?: one|\.bin| two)/), ["parcel one", "parcel.bin", "parcel two"]);
    });

    test("a file whose upload breaks waits, too, and one that is too large to wait says so", async () => {
        let begun = 0;
        await anna.context.route("**/_matrix/media/v3/upload*", async (route) => {
            begun += 1;
            await anna.context.setOffline(true);
            await route.abort("internetdisconnected").catch(() => undefined);
        });
        anna.context.offlineNow = true;
        await choose(anna, { name: "broken.txt", mimeType: "text/plain", buffer: Buffer.from("whole again") });
        await until("the upload broke", () => begun > 0);
        await message(anna, "broken.txt").getByText("Waiting for the connection").waitFor();
        await anna.context.unroute("**/_matrix/media/v3/upload*");
        const large = join(await mkdtemp(join(tmpdir(), "veche-waits-")), "film.img");
        await writeFile(large, "");
        await truncate(large, 101 * 1024 * 1024);
        await anna.page.getByTestId("file-input").first().setInputFiles(large);
        await main(anna).getByText("too large to wait for the connection").waitFor();
        await anna.page.getByRole("button", { name: "Cancel film.img" }).click();
        await rm(dirname(large), { recursive: true });
        await connect(anna);
        await sees(boris, "broken.txt");
        const save = message(boris, "broken.txt").getByRole("button", { name: "Save broken.txt" }).first();
        const [download] = await Promise.all([boris.page.waitForEvent("download"), save.click()]);
        assert.equal(await readFile(await download.path(), "utf8"), "whole again");
        assert.equal(await message(boris, "broken.txt").count(), 1);
    });

    test("a message whose answer was lost is not sent twice", async () => {
        // The server takes it, and the network goes before it can say so.
        let lost = 0;
        await anna.context.route("**/rooms/*/send/**", async (route) => {
            await route.fetch();
            lost += 1;
            await anna.context.setOffline(true);
            // The browser may have given the request up by itself already.
            await route.abort("internetdisconnected").catch(() => undefined);
        });
        anna.context.offlineNow = true;
        await say(anna, "only once");
        await until("the answer was lost", () => lost > 0);
        await anna.context.unroute("**/rooms/*/send/**");
        await reload(anna);
        await sees(anna, "only once");
        await connect(anna);
        await sees(boris, "only once");
        await until("nothing waits any more", async () => (await anna.page.getByText("Waiting for the connection").count()) === 0);
        for (const who of [anna, boris]) assert.equal((await order(who, /only once/)).length, 1);
        await reload(anna);
        await sees(anna, "only once");
        assert.equal((await order(anna, /only once/)).length, 1);
    });

    test("an edit and a deletion reach the index", async () => {
        await say(boris, "a mistkae about elephants");
        await sees(anna, "elephants");
        await field(boris).press("ArrowUp");
        await field(boris).fill("a remark about giraffes");
        await field(boris).press("Enter");
        await sees(anna, "giraffes");
        await search(anna, "giraffe");
        await hit(anna, "giraffes").waitFor();
        await anna.page.getByRole("combobox", { name: "Words of a message…" }).fill("elephant");
        await anna.page.getByText("Nothing found").waitFor();
        await anna.page.keyboard.press("Escape");
    });

    test("nothing that was said, and no token, can be read on the disk", async () => {
        const all = await onDisk(anna.page);
        for (const secret of ["корабли", "meetings", "outbox", "chart.png", "Boris Ivanov", openRoomId(anna)]) assert.equal(all.includes(secret), false, secret);
        assert.equal(/syt_|"access_token"/.test(all), false);
    });
});

describe("history that was scrolled to", () => {
    test("is there without a network, and a search result opens in the middle of it", async () => {
        const anna = await person(server, "anna", "Anna");
        await room(anna, "Long talk");
        const roomId = openRoomId(anna);
        const other = await token(server, anna.account);
        for (let at = 1; at <= 140; at += 1) {
            const text = { 12: "the needle of this haystack", 13: "a straw behind it" }[at] ?? `line ${at}`;
            await request(server, other, "PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/t${at}`, { msgtype: "m.text", body: text });
        }
        await sees(anna, "line 140");
        await ready(anna);
        await search(anna, "needles");
        // Older pages are read in the background; the needle may have come by itself, before what is behind it.
        await hit(anna, "needle of this haystack").waitFor();
        await anna.page.getByRole("combobox", { name: "Words of a message…" }).fill("straw");
        await hit(anna, "a straw behind it").waitFor();
        await anna.page.keyboard.press("Escape");
        await cut(anna);
        await reload(anna);
        await sees(anna, "line 140");
        await search(anna, "needle");
        await hit(anna, "needle of this haystack").click();
        await anna.page.locator("[data-event][data-marked]").filter({ hasText: "needle" }).waitFor();
        await sees(anna, "line 11");
        await sees(anna, "a straw behind it");
        await connect(anna);
    });
});

describe("a device that is signed out", () => {
    test("from elsewhere forgets everything, also while it had no network", async () => {
        const anna = await person(server, "anna", "Anna");
        await room(anna, "Secrets");
        await say(anna, "a secret of the room");
        await sees(anna, "a secret of the room");
        await ready(anna);
        await cut(anna);
        await reload(anna);
        await sees(anna, "a secret of the room");
        await revoke(anna);
        await connect(anna);
        await anna.page.getByText("This device has been signed out from elsewhere").waitFor();
        await until("the databases are gone", async () => (await databases(anna.page)).join() === "veche");
        assert.deepEqual((await caches(anna.page)).filter((name) => !name.startsWith("veche-shell-")), []);
        assert.deepEqual(await anna.page.evaluate(() => Object.keys(localStorage).filter((key) => !key.startsWith("veche."))), []);
        await reload(anna);
        await anna.page.getByRole("heading", { name: "Sign in" }).waitFor();
        assert.equal(await anna.page.getByText("Or go on as").count(), 0);
    });
});

describe("two accounts", () => {
    test("live side by side, and signing one out leaves the other as it was", async () => {
        const anna = await person(server, "anna", "Anna Work");
        await room(anna, "Rooms of Anna");
        await say(anna, "a word of Anna");
        await sees(anna, "a word of Anna");
        const second = await makeAccount(server, "berta", { displayName: "Berta Home" });
        const { page } = anna;
        const menu = async (name, item) => {
            await page.getByRole("button", { name: `${name}: account menu` }).click();
            await page.getByRole("menuitem", { name: item }).click();
        };
        await menu("Anna Work", "Add an account");
        await page.getByRole("heading", { name: "Add an account" }).waitFor();
        assert.deepEqual(await accessibility(page), []);
        await signIn(anna, second);
        await setUp(anna);
        await page.getByText("Hello, Berta Home").waitFor();
        assert.equal(await roomRow(anna, "Rooms of Anna").count(), 0);
        await search(anna, "Anna");
        await page.getByText("Nothing found").waitFor();
        await page.keyboard.press("Escape");
        await menu("Berta Home", "Switch to Anna Work");
        await roomRow(anna, "Rooms of Anna").click();
        await sees(anna, "a word of Anna");
        // The one that was open is open again.
        await reload(anna);
        await sees(anna, "a word of Anna");
        const before = await databases(page);
        await menu("Anna Work", "Switch to Berta Home");
        await page.getByText("Hello, Berta Home").waitFor();
        await menu("Berta Home", "Sign out");
        await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
        await page.getByRole("heading", { name: "Sign in" }).waitFor();
        await until("the databases of one are gone", async () => (await databases(page)).length === (before.length - 1) / 2 + 1);
        await page.getByRole("button", { name: /Anna Work/ }).click();
        await roomRow(anna, "Rooms of Anna").click();
        await sees(anna, "a word of Anna");
        expectQuiet(anna);
    });

    test("what waits in the one that is not open is told; revoked, it is forgotten at the next visit, which says so", async () => {
        const anna = await person(server, "anna", "Anna");
        const clara = await token(server, await makeAccount(server, "clara", { displayName: "Clara" }));
        await request(server, clara, "POST", "/_matrix/client/v3/createRoom", { invite: [anna.account.userId], is_direct: true });
        const second = await makeAccount(server, "berta", { displayName: "Berta" });
        const { page } = anna;
        await page.getByRole("button", { name: "Anna: account menu" }).click();
        await page.getByRole("menuitem", { name: "Add an account" }).click();
        await signIn(anna, second);
        await setUp(anna);
        await page.getByText("Hello, Berta").waitFor();
        await page.getByRole("button", { name: "Berta: account menu; 1 unread message in other accounts" }).click();
        await page.getByRole("menuitem", { name: /Switch to Anna.*1 unread message/ }).waitFor();
        assert.deepEqual(await accessibility(page), []);
        await page.keyboard.press("Escape");
        await revoke(anna);
        await reload(anna);
        await page.getByText("Hello, Berta").waitFor();
        await until("its databases are gone", async () => (await databases(page)).filter((name) => name.startsWith("veche-a-")).length === 1);
        await page.getByRole("button", { name: "Berta: account menu" }).click();
        await page.getByRole("menuitem", { name: "Anna was signed out" }).waitFor();
    });
});
