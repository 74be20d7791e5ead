import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import { describe, expect, test, vi } from "vitest";
import { type Member, audienceOf, roleOf } from "./members_store";
import { notificationMode, setNotificationMode } from "./notification_mode";
import { type RoomEntry, sectionsOf } from "./room_list_store";

const entry = (id: string, more: Partial<RoomEntry> = {}): RoomEntry => ({
    id, name: id, seed: id, avatar: null, kind: "room", userId: null, presence: null, membership: "join", inviter: null, encrypted: false,
    open: false, favourite: false, lowPriority: false, unread: 0, mentions: 0, marked: false, mode: "default", preview: null, typing: [], ts: 0, ...more,
});

describe("sections of the room list", () => {
    const rooms = [
        entry("old", { ts: 1 }),
        entry("new", { ts: 9 }),
        entry("anna", { kind: "direct" }),
        entry("fav", { favourite: true, kind: "direct" }),
        entry("low", { lowPriority: true }),
        entry("inv", { membership: "invite", kind: "direct" }),
        entry("space", { kind: "space" }),
    ];
    const listed = (within: ReadonlySet<string> | null) => sectionsOf(rooms, within).map(({ id, rooms: found }) => [id, found.map((room) => room.id)]);

    test("each room stands once, the newest first, and spaces do not", () => {
        expect(listed(null)).toEqual([
            ["invites", ["inv"]],
            ["favourites", ["fav"]],
            ["people", ["anna"]],
            ["rooms", ["new", "old"]],
            ["lowPriority", ["low"]],
        ]);
    });

    test("a space filters what one is in, and no invitation is lost", () => {
        expect(listed(new Set(["old"]))).toEqual([
            ["invites", ["inv"]],
            ["rooms", ["old"]],
        ]);
    });
});

test("who can read along: those who have joined, each counted once", () => {
    const member = (more: Partial<Member>): Member => ({
        id: "@a:b", name: "a", avatar: null, membership: "join", level: 0, role: "member", presence: null, external: false, guest: false, bot: false, me: false, ...more,
    });
    const members = [member({}), member({}), member({ external: true }), member({ bot: true, external: true }), member({ membership: "invite" })];
    expect(audienceOf(members)).toEqual({ people: 2, external: 1, bots: 1 });
});

describe("what a room notifies of", () => {
    const client = (rules: object) => {
        const calls: unknown[][] = [];
        const note = (name: string) => (...args: unknown[]) => {
            calls.push([name, ...args]);
            return Promise.resolve({});
        };
        const fake = { pushRules: { global: rules }, deletePushRule: note("delete"), addPushRule: note("add"), getPushRules: note("get"), setPushRules: vi.fn() };
        return { calls, client: fake as unknown as MatrixClient };
    };
    const muted = { override: [{ rule_id: "!r", enabled: true, actions: [], conditions: [{ kind: "event_match", key: "room_id", pattern: "!r" }] }] };
    const room = (actions: unknown[]) => ({ room: [{ rule_id: "!r", enabled: true, actions }] });

    test.each([
        [{}, "default"],
        [muted, "mute"],
        [room(["notify"]), "all"],
        [room(["dont_notify"]), "mentions"],
        [room([]), "mentions"],
    ])("%j: %s", (rules, mode) => {
        expect(notificationMode(client(rules).client, "!r")).toBe(mode);
    });

    test("changing it takes the old rule away before the new one is made", async () => {
        const { calls, client: fake } = client(muted);
        await setNotificationMode(fake, "!r", "mentions");
        expect(calls.map(([name, , kind]) => [name, kind])).toEqual([["delete", "override"], ["add", "room"], ["get", undefined]]);
    });
});

test.each([
    [1_000, "owner"],
    [100, "admin"],
    [99, "moderator"],
    [50, "moderator"],
    [0, "member"],
    [-1, "muted"],
])("power %i is %s", (level, role) => {
    expect(roleOf(level)).toBe(role);
});
