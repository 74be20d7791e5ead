import "fake-indexeddb/auto";
import { afterEach, describe, expect, test } from "vitest";
import { Profiles } from "./profiles";

const SERVER = "https://chat.example";
const device = { userId: "@anna:chat.example", deviceId: "D", accessToken: "secret token" };
const other = { userId: "@boris:chat.example", deviceId: "E", accessToken: "another token" };

const databases = async () => (await indexedDB.databases()).map(({ name }) => name ?? "").sort();

/** What is in a database, as far as it can be read. */
async function contentsOf(name: string): Promise<string> {
    const db = await new Promise<IDBDatabase>((resolve) => {
        indexedDB.open(name).onsuccess = ({ target }) => {
            resolve((target as IDBOpenDBRequest).result);
        };
    });
    let all = "";
    for (const store of db.objectStoreNames) {
        const values = await new Promise<unknown[]>((resolve) => {
            const request = db.transaction(store).objectStore(store).getAll();
            request.onsuccess = () => {
                resolve(request.result);
            };
        });
        const bytes = (part: unknown) => (part instanceof ArrayBuffer ? Buffer.from(part).toString("latin1") : JSON.stringify(part));
        all += values.flatMap((value) => Object.values(value as object).map(bytes)).join(" ");
    }
    db.close();
    return all;
}

/** The accounts of this device, with a clock that the test moves. */
async function opened(nowMs = 0) {
    const profiles = await Profiles.open(() => nowMs);
    opens.push(profiles);
    return profiles;
}

const opens: Profiles[] = [];
afterEach(async () => {
    const profiles = await opened();
    for (const { id } of await profiles.list()) await profiles.forget(id);
    for (const open of opens.splice(0)) open.close();
});

describe("a session", () => {
    test("is there after the page was closed, and its token is not readable in the database", async () => {
        const profiles = await opened();
        const { keeper, session } = await profiles.add(device, SERVER);
        keeper.close();
        expect(await contentsOf(`veche-a-${keeper.id}`)).not.toContain("secret");
        const again = await (await opened()).open(keeper.id);
        expect(await again.load()).toEqual(session);
        again.close();
    });

    test("keeps its device and the key of its stores when it is renewed", async () => {
        const { keeper, session } = await (await opened()).add(device, SERVER);
        await keeper.renew(session, "newer");
        expect(await keeper.load()).toEqual({ ...session, accessToken: "newer" });
        keeper.close();
    });

    test("has keys that cannot be taken out of the browser", async () => {
        const { keeper } = await (await opened()).add(device, SERVER);
        for (const name of ["vault-key", "vault-names"]) {
            expect((await keeper.records.database.get<CryptoKey>("keys", name))?.extractable).toBe(false);
        }
        keeper.close();
    });
});

describe("what an account keeps", () => {
    test("opens under its name, in its drawer, and not readable on the disk", async () => {
        const { keeper } = await (await opened()).add(device, SERVER);
        const { records } = keeper;
        await records.put("rooms", "!room:b", { text: "a thought" });
        await records.put("rooms", "!other:b", 2);
        expect(await records.get("rooms", "!room:b")).toEqual({ text: "a thought" });
        expect(await records.get("events", "!room:b")).toBeUndefined();
        expect([...(await records.all("rooms"))].length).toBe(2);
        const sealed = await contentsOf(`veche-a-${keeper.id}`);
        expect(sealed).not.toContain("thought");
        expect((await records.database.keys("rooms")).join()).not.toContain("room");
        await records.delete("rooms", "!room:b");
        expect(await records.get("rooms", "!room:b")).toBeUndefined();
        keeper.close();
    });

    test("does not open where somebody has put it instead of something else", async () => {
        const { keeper } = await (await opened()).add(device, SERVER);
        const { records } = keeper;
        const { database } = records;
        await records.put("rooms", "!a", "a");
        await records.put("rooms", "!b", "b");
        const [first = "", second = ""] = await database.keys("rooms");
        await database.put("rooms", first, await database.get("rooms", second));
        expect([await records.get("rooms", "!a"), await records.get("rooms", "!b")].filter((value) => value !== undefined)).toHaveLength(1);
        await database.put("events", second, await database.get("rooms", second));
        expect((await records.all("events")).size).toBe(0);
        keeper.close();
    });

    test("is written together or not at all, as it was when it was handed over", async () => {
        const { keeper } = await (await opened()).add(device, SERVER);
        const { records } = keeper;
        const value = { count: 1 };
        const writing = records.write([
            { drawer: "rooms", name: "!a", value },
            { drawer: "sync", name: "meta", value: 7 },
        ]);
        value.count = 2;
        await writing;
        expect([await records.get("rooms", "!a"), await records.get("sync", "meta")]).toEqual([{ count: 1 }, 7]);
        const broken = records.write([
            { drawer: "rooms", name: "!a", value: 3 },
            { drawer: "nowhere", name: "x", value: 3 },
        ]);
        await expect(broken).rejects.toThrow();
        expect(await records.get("rooms", "!a")).toEqual({ count: 1 });
        keeper.close();
    });
});

describe("several accounts", () => {
    test("are listed, the one that was used last first", async () => {
        const early = await opened(1);
        const { keeper: anna } = await early.add(device, SERVER);
        const { keeper: boris } = await (await opened(2)).add(other, SERVER);
        expect((await early.list()).map(({ userId }) => userId)).toEqual([other.userId, device.userId]);
        anna.close();
        (await (await opened(3)).open(anna.id)).close();
        await early.rename(anna.id, "Anna");
        expect(await early.list()).toMatchObject([{ name: "Anna" }, { userId: other.userId }]);
        boris.close();
    });

    test("forgetting one leaves nothing of it, and all of the other", async () => {
        const profiles = await opened();
        const { keeper: anna } = await profiles.add(device, SERVER);
        const { keeper: boris, session } = await profiles.add(other, SERVER);
        await anna.records.put("drafts", "!room ", "a draft");
        const crypto = `${anna.cryptoPrefix}::matrix-sdk-crypto`;
        await new Promise((resolve) => {
            indexedDB.open(crypto).onsuccess = ({ target }) => {
                (target as IDBOpenDBRequest).result.close();
                resolve(undefined);
            };
        });
        expect(await databases()).toContain(crypto);
        anna.close();
        await profiles.forget(anna.id);
        expect(await databases()).toEqual(["veche", `veche-a-${boris.id}`]);
        expect(await boris.load()).toEqual(session);
        boris.close();
    });

    test("what was left of one because the page was closed meanwhile goes with the next visit", async () => {
        const profiles = await opened();
        const { keeper } = await profiles.add(device, SERVER);
        keeper.close();
        // As far as it came: it is not in the list any more.
        const { Database } = await import("../base/database");
        const list = await Database.open("veche", ["accounts"]);
        await list.delete("accounts", keeper.id);
        list.close();
        expect(await databases()).toContain(`veche-a-${keeper.id}`);
        await (await opened()).sweep();
        expect(await databases()).toEqual(["veche"]);
    });
});
