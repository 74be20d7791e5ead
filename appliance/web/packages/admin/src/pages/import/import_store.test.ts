import { expect, test } from "vitest";
import { type Api, Refused } from "../../api/api";
import { ImportStore, passwordTable } from "./import_store";

const CSV = "username,display_name\nanna,Anna\n,Nobody\nboris,Boris";

/** An API that answers one after another, and what it was asked. */
function api(...answers: unknown[]) {
    const asked: unknown[] = [];
    const post = (_: string, { body }: { body: unknown }) => {
        asked.push(body);
        const answer = answers.shift();
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    return { asked, api: { post } as unknown as Api };
}

const USERS = { users: [{ user_id: "@anna:x", display_name: "Anna", password: null }] };
const faults = (...list: unknown[]) => new Refused(400, { errcode: "M_INVALID_PARAM", error: "no", reason: "import_faults", faults: list });

test("it is looked at first, then made", async () => {
    const made = { users: [{ ...USERS.users[0], password: "p" }] };
    const { asked, api: fake } = api(USERS, made);
    const store = new ImportStore(fake);
    await store.make(CSV);
    expect(asked).toEqual([]);
    await store.look(CSV);
    expect(store.getSnapshot()).toMatchObject({ phase: "ready", users: USERS.users });
    await store.make(CSV);
    expect(store.getSnapshot()).toEqual({ phase: "done", users: made.users });
    expect(asked).toEqual([{ csv: CSV, dry_run: true }, { csv: CSV }]);
});

test("what is wrong is told by its line, with what stands there", async () => {
    const store = new ImportStore(api(faults({ line: 3, reason: "no_username" }, { line: 99, reason: "username_taken" })).api);
    await store.look(CSV);
    expect(store.getSnapshot()).toEqual({
        phase: "faulty",
        faults: [
            { line: 3, reason: "no_username", text: ",Nobody" },
            { line: 99, reason: "username_taken", text: "" },
        ],
    });
    store.changed();
    expect(store.getSnapshot().phase).toBe("writing");
});

test("a name that was taken meanwhile is told, too, and any other failure loses nothing", async () => {
    const { api: fake } = api(USERS, new TypeError("Failed to fetch"), faults({ line: 2, reason: "username_taken" }));
    const store = new ImportStore(fake);
    await store.look(CSV);
    await store.make(CSV);
    expect(store.getSnapshot()).toMatchObject({ phase: "ready", busy: false, users: USERS.users });
    await store.make(CSV);
    expect(store.getSnapshot()).toMatchObject({ phase: "faulty", faults: [{ text: "anna,Anna" }] });
});

test("passwords as a table", () => {
    expect(passwordTable([{ user_id: "@a:x", display_name: null, password: "p" }])).toEqual([
        ["user_id", "display_name", "password"],
        ["@a:x", "", "p"],
    ]);
});
