import { checkCatalogs } from "@veche/kit/testing";
import type { RoomEntry } from "@veche/protocol/engine";
import { describe, expect, test } from "vitest";
import { agentOf } from "./app/device_name";
import { type Route, parse, write } from "./app/router";
import { en } from "./i18n/en";
import { ru } from "./i18n/ru";
import { askedAt } from "./workspace/composer/Suggestions/asked";
import { condensed } from "./workspace/composer/Voice/recorder";
import { wrapKey, wrapped } from "./workspace/composer/Composer/wrap";
import { findEmoji } from "./workspace/emoji/emoji_data";
import { barsOf } from "./workspace/message/bodies/AudioBody";
import { boxOf } from "./workspace/message/bodies/PictureBody";
import { rank, ranked } from "./workspace/QuickSwitcher/ranked";
import { Heights } from "./workspace/timeline/heights";

test("i18n: both languages say the same", () => {
    expect(checkCatalogs({ en, ru })).toEqual([]);
});

describe("addresses", () => {
    const room = (more: Partial<Extract<Route, { page: "room" }>> = {}): Route => ({ page: "room", roomId: "!a/b:c", eventId: null, panel: null, ...more });

    test.each<Route>([
        { page: "home" },
        { page: "register", token: null },
        { page: "register", token: "a/b?c" },
        { page: "meet", token: "vmt_x/y" },
        { page: "settings", tab: "devices" },
        { page: "alias", alias: "#general:b" },
        room(),
        room({ eventId: "$e/1" }),
        room({ panel: { kind: "members" } }),
        room({ eventId: "$e", panel: { kind: "thread", rootId: "$r", eventId: "$x" } }),
        room({ panel: { kind: "thread", rootId: "$r", eventId: null } }),
        room({ panel: { kind: "person", userId: "@a:b" } }),
    ])("%j is read back as it was written", (route) => {
        expect(parse(write(route))).toEqual(route);
    });

    test.each(["", "#", "#/", "#/nowhere", "#/room", "#/room/%E0%A4%A", "#/room/hello", "#//room/!x"])("%j is home", (hash) => {
        expect(parse(hash)).toEqual({ page: "home" });
    });

    test("a panel that does not exist is none", () => {
        expect(parse("#/room/!a?panel=thread+hello")).toMatchObject({ panel: null });
        expect(parse("#/room/!a?panel=secrets")).toMatchObject({ panel: null });
    });
});

describe("heights of rows", () => {
    const rows = () => {
        const heights = new Heights();
        heights.set(["a", "b", "c", "d"], [10, 20, 30, 40]);
        return heights;
    };

    test("are guessed until they are measured", () => {
        const heights = rows();
        expect([0, 1, 2, 3, 4].map((at) => heights.offset(at))).toEqual([0, 10, 30, 60, 100]);
        expect(heights.measure("b", 25)).toBe(true);
        expect(heights.measure("b", 25)).toBe(false);
        expect([heights.offset(2), heights.total]).toEqual([35, 105]);
    });

    test("stay with their rows when others come before them", () => {
        const heights = rows();
        heights.measure("a", 100);
        heights.set(["x", "y", "a", "b", "c", "d"], [1, 2, 10, 20, 30, 40]);
        expect(heights.offset(3)).toBe(103);
        expect(heights.total).toBe(193);
    });

    test.each([
        [-5, 0],
        [0, 0],
        [9, 0],
        [10, 1],
        [59, 2],
        [60, 3],
        [1_000, 3],
    ])("at %i is row %i", (place, row) => {
        expect(rows().indexAt(place)).toBe(row);
    });

    test("between two places", () => {
        expect(rows().between(15, 35)).toEqual({ start: 1, end: 3 });
        expect(new Heights().between(0, 100)).toEqual({ start: 0, end: 0 });
    });
});

describe("what is being named", () => {
    test.each([
        ["hello @an", { kind: "person", query: "an", start: 6 }],
        ["@", { kind: "person", query: "", start: 0 }],
        ["@anna ma", { kind: "person", query: "anna ma", start: 0 }],
        ["(@anna", { kind: "person", query: "anna", start: 1 }],
        ["so :smi", { kind: "emoji", query: "smi", start: 3 }],
        ["mail@example", null],
        ["12:30", null],
        [":s", null],
        ["hello", null],
    ])("%j", (text, asked) => {
        expect(askedAt(text, text.length)).toEqual(asked);
    });
});

describe("marks of Markdown", () => {
    test("go around what is selected, and away again", () => {
        const once = wrapped("say hello", 4, 9, "**");
        expect(once).toEqual({ text: "say **hello**", start: 6, end: 11 });
        expect(wrapped(once.text, once.start, once.end, "**")).toEqual({ text: "say hello", start: 4, end: 9 });
    });

    test.each([
        [{ code: "KeyB", ctrlKey: true, shiftKey: false }, "**"],
        [{ code: "KeyX", ctrlKey: true, shiftKey: true }, "~~"],
        [{ code: "KeyX", ctrlKey: true, shiftKey: false }, null],
        [{ code: "KeyB", ctrlKey: false, shiftKey: false }, null],
    ])("%j: %s", (press, mark) => {
        expect(wrapKey({ metaKey: false, altKey: false, ...press })).toBe(mark);
    });
});

describe("whom or what somebody means", () => {
    const entry = (name: string, more: Partial<RoomEntry> = {}) => ({ id: name, name, userId: null, ts: 0, unread: 0, mentions: 0, ...more }) as RoomEntry;

    test.each([
        ["Anna Maria", "anna maria", 0],
        ["Anna Maria", "an", 1],
        ["Anna Maria", "an ma", 2],
        ["Anna Maria", "nna", 3],
        ["Anna Maria", "boris", null],
        ["Бухгалтерия", "бух", 1],
    ])("%s for %s: %s", (name, query, wanted) => {
        expect(rank(name, query)).toBe(wanted);
    });

    test("of equals, what is unread comes first, then the newest", () => {
        const rooms = [entry("alpha", { ts: 9 }), entry("alps", { unread: 1 }), entry("almond", { ts: 10 })];
        expect(ranked(rooms, "al", 2).map((room) => room.name)).toEqual(["alps", "almond"]);
    });
});

test("emoji are found by the beginnings of their words", () => {
    const all = [
        { shape: "😀", group: 0, name: "grinning face", words: "grinning face smile happy" },
        { shape: "😿", group: 0, name: "crying cat", words: "crying cat sad" },
    ];
    expect(findEmoji(all, "cat").map(({ shape }) => shape)).toEqual(["😿"]);
    expect(findEmoji(all, "fa gri").map(({ shape }) => shape)).toEqual(["😀"]);
    expect(findEmoji(all, "rin")).toEqual([]);
});

test("pictures keep their proportions in the room there is", () => {
    expect(boxOf(4_000, 2_000, 420, 320)).toEqual({ width: 420, height: 210 });
    expect(boxOf(100, 50, 420, 320)).toEqual({ width: 100, height: 50 });
    expect(boxOf(null, null, 420, 320)).toEqual({ width: 320, height: 240 });
    expect(boxOf(10_000, 1, 420, 320)).toEqual({ width: 420, height: 48 });
});

test("loudness fits into the picture of it", () => {
    expect(barsOf([])).toHaveLength(48);
    expect(barsOf([0.5, 1])).toHaveLength(48);
    expect(Math.max(...barsOf(Array.from({ length: 1_000 }, (_, at) => at / 1_000)))).toBeLessThanOrEqual(1);
    expect(condensed([0, 1, 0, 0], 2)).toEqual([1, 0]);
});

test.each([
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Chrome", "Linux"],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge", "Windows"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari", "iOS"],
    ["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome", "Android"],
    ["something else", null, null],
])("%s", (agent, browser, system) => {
    expect(agentOf(agent)).toEqual({ browser, system });
});
