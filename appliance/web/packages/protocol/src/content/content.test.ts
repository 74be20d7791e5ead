import { MatrixEvent } from "matrix-js-sdk/lib/matrix.js";
import { describe, expect, test } from "vitest";
import { type Body, bodyOf, plainText } from "./body";
import { told } from "./changes";
import { parseLink, roomLink, userLink } from "./permalink";
import { countVotes, pollContent, pollQuestion } from "./poll";
import { withoutReplyFallback, withoutReplyFallbackHtml } from "./reply";

const event = (content: object, type = "m.room.message", more: object = {}) =>
    new MatrixEvent({ event_id: "$e", type, sender: "@a:b", room_id: "!r", origin_server_ts: 1, content, ...more });

describe("what an event says", () => {
    const file = { url: "mxc://b/x", key: {}, iv: "", hashes: {}, v: "v2" };

    test.each<[object, Partial<Body>]>([
        [{ msgtype: "m.text", body: "hi" }, { kind: "text", style: "text", text: "hi", html: null }],
        [{ msgtype: "m.notice", body: "x", format: "org.matrix.custom.html", formatted_body: "<b>x</b>" }, { kind: "text", style: "notice", html: "<b>x</b>" }],
        [{ msgtype: "m.image", body: "a.png", url: "mxc://b/x", info: { w: 10, h: 0, size: 5, mimetype: "image/png" } }, { kind: "image", name: "a.png", width: 10, height: null, bytes: 5, caption: null }],
        [{ msgtype: "m.file", body: "look", filename: "a.pdf", file }, { kind: "file", name: "a.pdf", caption: "look" }],
        [{ msgtype: "m.image", body: "a.png", url: "https://spy.example/a.png" }, { kind: "unsupported" }],
        [{ msgtype: "m.image", body: "a.png" }, { kind: "unsupported" }],
        [{ msgtype: 7, body: {} }, { kind: "unsupported", text: null }],
        [{ msgtype: "m.text", body: 5 }, { kind: "text", text: "" }],
    ])("%j", (content, body) => {
        expect(bodyOf(event(content))).toMatchObject(body);
    });

    test("a voice message with its loudness", () => {
        const body = bodyOf(event({ msgtype: "m.audio", body: "v", url: "mxc://b/x", "org.matrix.msc3245.voice": {}, "org.matrix.msc1767.audio": { duration: 900, waveform: [0, 512, 2048, "x"] } }));
        expect(body).toMatchObject({ kind: "audio", voice: true, durationMs: 900, waveform: [0, 0.5, 1, 0] });
    });

    test("a deleted message says who deleted it", () => {
        const deleted = event({}, "m.room.message", { unsigned: { redacted_because: { sender: "@mod:b", type: "m.room.redaction", content: {} } } });
        expect(bodyOf(deleted)).toEqual({ kind: "redacted", byId: "@mod:b" });
        expect(plainText(bodyOf(deleted))).toBe("");
    });
});

test("quotes that older clients repeat are left out", () => {
    expect(withoutReplyFallback("> <@a:b> one\n> two\n\nanswer\n> kept")).toBe("answer\n> kept");
    expect(withoutReplyFallback("> a quote of one's own")).toBe("> a quote of one's own");
    expect(withoutReplyFallbackHtml("<mx-reply><blockquote>x</blockquote></mx-reply>answer")).toBe("answer");
});

test("links lead where they say, and nowhere else", () => {
    expect(parseLink(userLink("@a:b"))).toEqual({ kind: "user", userId: "@a:b" });
    expect(parseLink(roomLink("!r", "$e", ["b"]))).toEqual({ kind: "room", roomId: "!r", eventId: "$e" });
    expect(parseLink("https://matrix.to/#/#general:b")).toEqual({ kind: "room", roomId: "#general:b", eventId: null });
    for (const link of ["https://matrix.to.evil.example/#/@a:b", "https://matrix.to/#/%E0%A4%A", "javascript:1", "https://matrix.to/#/hello"]) {
        expect(parseLink(link)).toBeNull();
    }
});

describe("a poll", () => {
    const question = pollQuestion(pollContent("Lunch?", ["Soup", "Salad"], 1));

    test("is read as it was written", () => {
        expect(question).toEqual({ question: "Lunch?", answers: [{ id: "1", text: "Soup" }, { id: "2", text: "Salad" }], choicesMax: 1, open: true });
        expect(pollQuestion({ "org.matrix.msc3381.poll.start": { question: {}, answers: "no" } })).toBeNull();
    });

    test("counts the last vote of each before the end, and none for what is not on the paper", () => {
        if (!question) throw new Error("no question");
        const votes = [
            { senderId: "@a:b", ts: 1, answers: ["1"] },
            { senderId: "@a:b", ts: 3, answers: ["2"] },
            { senderId: "@b:b", ts: 2, answers: ["1", "2"] },
            { senderId: "@c:b", ts: 2, answers: ["9"] },
            { senderId: "@d:b", ts: 9, answers: ["1"] },
        ];
        const result = countVotes(question, votes, 5, "@a:b");
        expect(result.voters).toBe(2);
        expect([result.votes.get("1"), result.votes.get("2")]).toEqual([["@b:b"], ["@a:b"]]);
        expect(result.mine).toEqual(["2"]);
    });
});

describe("what happened to a room", () => {
    const member = (membership: string, before: object = {}, sender = "@a:b", key = "@a:b") =>
        told(event({ membership, displayname: "New", reason: "" }, "m.room.member", { sender, state_key: key, unsigned: { prev_content: before } }), "@me:b")?.change;

    test.each([
        [member("join"), { what: "joined" }],
        [member("join", { membership: "join", displayname: "Old" }), { what: "renamedSelf", from: "Old", to: "New" }],
        [member("join", { membership: "join", displayname: "New" }), undefined],
        [member("leave", { membership: "invite" }), { what: "inviteDeclined" }],
        [member("leave", { membership: "join" }), { what: "left" }],
        [member("leave", { membership: "join" }, "@mod:b"), expect.objectContaining({ what: "kicked" })],
        [member("leave", { membership: "ban" }, "@mod:b"), expect.objectContaining({ what: "unbanned" })],
        [member("leave", { membership: "invite" }, "@mod:b"), expect.objectContaining({ what: "inviteWithdrawn" })],
        [member("ban", {}, "@mod:b"), expect.objectContaining({ what: "banned", reason: null })],
    ])("%j", (change, wanted) => {
        expect(change).toEqual(wanted);
    });

    test("whoever is made to leave is called as they were called before", () => {
        const left = event({ membership: "leave" }, "m.room.member", { sender: "@mod:b", state_key: "@a:b", unsigned: { prev_content: { membership: "join", displayname: "Anna" } } });
        expect(told(left, "@me:b")?.change).toEqual({ what: "kicked", target: { id: "@a:b", name: "Anna" }, reason: null });
    });

    test("what is nobody's concern is not told", () => {
        expect(told(event({}, "m.space.child", { state_key: "!x" }), "@me:b")).toBeNull();
        expect(told(event({ msgtype: "m.text", body: "hi" }), "@me:b")).toBeNull();
    });
});
