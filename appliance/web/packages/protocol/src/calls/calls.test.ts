import type { CallMembership } from "matrix-js-sdk/lib/matrixrtc/CallMembership.js";
import { describe, expect, test } from "vitest";
import { blurOf, blurred } from "./background";
import { deviceProblem } from "./device_problem";
import { CallDevices } from "./devices";
import { declinedBy, handContent, noticeOf, passingContent, passingOf, raisedBy } from "./events";
import { callIn } from "./live/moderation";
import { type Participant, userOf } from "./live/participants";
import { atOrigin } from "./live/ticket";
import { isForMe } from "./ringing";
import { callOf } from "./sessions";
import { gridOf, stageOf, startOf } from "./stage";

const event = (type: string, content: object, ts = 1_000) => ({
    getType: () => type,
    getContent: () => content as never,
    getTs: () => ts,
    isRedacted: () => false,
});

describe("what calls people to a call", () => {
    const content = {
        "m.mentions": { room: true, user_ids: [] },
        "m.relates_to": { rel_type: "m.reference", event_id: "$member" },
        "notification_type": "ring",
        "m.call.intent": "audio",
        "sender_ts": 1_000,
        "lifetime": 30_000,
    };
    const notice = (more: object = {}) => noticeOf(event("org.matrix.msc4075.rtc.notification", { ...content, ...more }));
    const at = (now: number) => ({ me: "@me:b", mayCallAll: true, now });

    test("rings as long as its sender wanted, and two minutes at most", () => {
        expect(notice()).toMatchObject({ membershipId: "$member", ring: true, intent: "audio", sentTs: 1_000, lifetimeMs: 30_000 });
        expect(notice({ lifetime: 9_000_000 })?.lifetimeMs).toBe(120_000);
        expect(isForMe(notice()!, at(30_999))).toBe(true);
        expect(isForMe(notice()!, at(31_000))).toBe(false);
    });

    test("a clock that is far ahead is not believed", () => {
        expect(notice({ sender_ts: 10_000 })?.sentTs).toBe(10_000);
        expect(notice({ sender_ts: 1_000_000 })?.sentTs).toBe(1_000);
    });

    test("rings those who are named, and everybody only if the sender may call all", () => {
        expect(isForMe(notice()!, { ...at(1_000), mayCallAll: false })).toBe(false);
        const named = notice({ "m.mentions": { user_ids: ["@me:b"] } });
        expect(isForMe(named!, { ...at(1_000), mayCallAll: false })).toBe(true);
        expect(isForMe(notice({ "m.mentions": { user_ids: ["@you:b"] } })!, at(1_000))).toBe(false);
        expect(isForMe(notice({ notification_type: "notification" })!, at(1_000))).toBe(false);
    });

    test("nonsense is no notice", () => {
        for (const more of [{ sender_ts: "now" }, { lifetime: null }, { "m.relates_to": 7 }]) expect(notice(more)).toBeNull();
        expect(noticeOf(event("m.room.message", content))).toBeNull();
    });

    test("is declined by an event that refers to it", () => {
        const relation = { "m.relates_to": { rel_type: "m.reference", event_id: "$notice" } };
        expect(declinedBy(event("org.matrix.msc4310.rtc.decline", relation))).toBe("$notice");
        expect(declinedBy(event("m.room.message", relation))).toBeNull();
    });
});

test("hands and reactions are read as they are written, and as Element Call writes them", () => {
    expect(raisedBy(event("m.reaction", handContent("$a")))).toBe("$a");
    expect(raisedBy(event("m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: "$a", key: "👍" } }))).toBeNull();
    const written = passingContent("$a", { emoji: "👏", name: "clapping" });
    expect(passingOf(event("io.element.call.reaction", written))).toEqual({ membershipId: "$a", emoji: "👏" });
    expect(passingOf(event("io.element.call.reaction", { ...written, emoji: "x".repeat(40) }))).toBeNull();
});

test("who is in a call is told once for all of his devices", () => {
    const membership = (userId: string, ts: number, callIntent: string) => ({ userId, callIntent, createdTs: () => ts }) as unknown as CallMembership;
    const room = { roomId: "!r", getMember: () => null };
    const members = [membership("@a:b", 5, "audio"), membership("@a:b", 3, "audio"), membership("@me:b", 9, "video")];
    const call = callOf(room, members, "@me:b");
    expect(call).toMatchObject({ people: [{ id: "@a:b", name: "a" }, { id: "@me:b" }], intent: "video", sinceTs: 3, mine: true });
    expect(callOf(room, [], "@me:b")).toBeNull();
});

test("the SFU is reached at the page's own origin", () => {
    expect(atOrigin("wss://chat.example/livekit/sfu", "http://localhost:8080")).toBe("ws://localhost:8080/livekit/sfu");
    expect(atOrigin("https://chat.example/livekit/jwt/", "https://chat.example:8448")).toBe("https://chat.example:8448/livekit/jwt");
});

test("a token says which call it is for", () => {
    const payload = btoa(JSON.stringify({ video: { room: "x~?>", roomJoin: true } })).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    expect(callIn(`head.${payload}.signature`)).toBe("x~?>");
});

test("an identity names the user, whose server may have a port", () => {
    expect(userOf("@anna:chat.example:8448:DEVICE")).toBe("@anna:chat.example:8448");
});

test("what keeps a device from being used is told by the browser's names", () => {
    const because = (name: string) => deviceProblem("camera", Object.assign(new Error(), { name })).why;
    expect(["NotAllowedError", "NotFoundError", "NotReadableError", "Odd"].map(because)).toEqual(["denied", "missing", "busy", "unknown"]);
});

describe("the stage", () => {
    const picture = { id: "p", attach: () => () => undefined };
    const someone = (identity: string, more: Partial<Participant> = {}): Participant => ({
        identity, userId: identity, name: identity, avatar: null, local: false, guest: false, presence: "here", muted: false, speaking: false, moderable: false, camera: null,
        screen: null, held: false, connection: "good", keyMissing: false, handTs: null, reaction: null, sinceTs: 0, ...more,
    });
    const people = [someone("me", { local: true }), someone("anna"), someone("boris")];
    const wanted = { layout: "grid", pinned: null, speaker: null, tilesMax: 9, wide: true } as const;
    const ids = (tiles: readonly { id: string }[]) => tiles.map(({ id }) => id);

    test("shows everybody alike, and a screen large, but not one's own", () => {
        expect(ids(stageOf(people, wanted).others)).toEqual(["me", "anna", "boris"]);
        const shown = stageOf([...people, someone("vera", { screen: picture })], wanted);
        expect(shown.main?.id).toBe("vera screen");
        expect(ids(shown.others)).toEqual(["me", "anna", "boris", "vera"]);
        expect(stageOf([someone("me", { local: true, screen: picture })], wanted).main).toBeNull();
    });

    test("shows two people to each other, oneself small where there is room for it", () => {
        const two = people.slice(0, 2);
        const { main, corner, others } = stageOf(two, wanted);
        expect([main?.id, corner?.id, others.length]).toEqual(["anna", "me", 0]);
        expect(ids(stageOf(two, { ...wanted, wide: false }).others)).toEqual(["me", "anna"]);
        expect(stageOf(two, { ...wanted, pinned: "me" })).toMatchObject({ main: { id: "me" }, corner: null });
        expect(stageOf([someone("anna"), someone("boris")], wanted).corner).toBeNull();
    });

    test("shows large whom somebody pinned, else who spoke last, else another than oneself", () => {
        const spotlight = { ...wanted, layout: "spotlight" } as const;
        expect(stageOf(people, spotlight).main?.id).toBe("anna");
        expect(stageOf(people, { ...spotlight, speaker: "boris" }).main?.id).toBe("boris");
        expect(stageOf(people, { ...spotlight, speaker: "boris", pinned: "me" }).main?.id).toBe("me");
        expect(stageOf(people, { ...wanted, pinned: "gone" }).main).toBeNull();
    });

    test("who finds no place is counted, and who raises a hand or speaks finds one", () => {
        const many = [...people, someone("vera", { handTs: 1 }), someone("gleb", { speaking: true })];
        const { others, hidden } = stageOf(many, { ...wanted, tilesMax: 3 });
        expect(ids(others)).toEqual(["me", "vera", "gleb"]);
        expect(hidden).toBe(2);
    });

    test("stands in the middle, whatever is left for the last row", () => {
        expect([0, 1, 2].map((at) => startOf(at, 3, 2))).toEqual([null, null, 2]);
        expect([3, 4].map((at) => startOf(at, 5, 3))).toEqual([2, null]);
        expect(startOf(2, 4, 2)).toBeNull();
    });

    test("fills its place", () => {
        expect(gridOf(1, 1600, 900)).toEqual({ columns: 1, rows: 1 });
        expect(gridOf(4, 1600, 900)).toEqual({ columns: 2, rows: 2 });
        expect(gridOf(2, 390, 700)).toEqual({ columns: 1, rows: 2 });
        expect(gridOf(2, 1600, 500)).toEqual({ columns: 2, rows: 1 });
    });
});

test("devices are remembered, and one that is gone is not asked for", async () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
    const found = [{ deviceId: "m", kind: "audioinput", label: "Mic" }] as unknown as MediaDeviceInfo[];
    const media = { enumerateDevices: () => Promise.resolve(found), addEventListener: () => undefined, removeEventListener: () => undefined };
    const devices = new CallDevices(media, storage);
    devices.choose("audioinput", "m");
    devices.choose("videoinput", "gone");
    expect(devices.getSnapshot().blur).toBe(false);
    devices.keep({ microphone: false, blur: true });
    await devices.look();
    expect(new CallDevices(media, storage).getSnapshot()).toMatchObject({ chosen: { audioinput: "m", videoinput: "gone" }, microphone: false, blur: true });
    expect(devices.wish("video")).toMatchObject({ microphone: false, camera: true, blur: true, devices: { audioinput: "m", videoinput: null } });
    expect(devices.wish("audio").camera).toBe(false);
});

test("blurring is offered where the camera has a switch for it, and never asked for by itself", () => {
    const track = (can: unknown, now: unknown) => ({ getCapabilities: () => ({ backgroundBlur: can }), getSettings: () => ({ backgroundBlur: now }) }) as never;
    expect([blurOf(track([false, true], true)), blurOf(track([true, false], false))]).toEqual([true, false]);
    // Switched on or off for all programs by the system, or not there.
    for (const can of [[true], [false], undefined]) expect(blurOf(track(can, true))).toBeNull();
    expect(blurOf({ getSettings: () => ({}) } as never)).toBeNull();
    expect([blurred(false), blurred(true)]).toEqual([{}, { backgroundBlur: true }]);
});
