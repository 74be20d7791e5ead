import { Homeserver } from "@veche/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Refused } from "../api/api";
import { IDLE_MS, type Message, type SessionParts, SessionStore, codeTrouble } from "./session_store";

const ME = { user_id: "@root:x", role: "owner", second_factor: false, passkey: false, grants: ["users", "system"] };

interface Call {
    readonly method: string;
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body: Record<string, unknown>;
}

/** A server that answers by method and path, and remembers what it was asked. */
function server(answers: Record<string, [number, unknown]>) {
    const calls: Call[] = [];
    const fetch: typeof globalThis.fetch = (url, init) => {
        const { pathname } = new URL(url as string);
        const method = init?.method ?? "GET";
        const body = typeof init?.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {};
        calls.push({ method, path: pathname, headers: init?.headers as Record<string, string>, body });
        const [status, answer] = answers[`${method} ${pathname}`] ?? [404, { errcode: "M_UNRECOGNIZED", error: "no" }];
        return Promise.resolve(Response.json(answer, { status }));
    };
    return { calls, fetch, answers };
}

function storage() {
    const kept = new Map<string, string>();
    return {
        kept,
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
    };
}

const LOGIN = "POST /_matrix/client/v3/login";
const LOGOUT = "POST /_matrix/client/v3/logout";
const WHO = "GET /api/admin/v1/me";

function house(answers: Record<string, [number, unknown]> = {}, more: Partial<SessionParts> = {}) {
    const house = server({
        [LOGIN]: [200, { user_id: "@root:x", device_id: "DEV", access_token: "t" }],
        [LOGOUT]: [200, {}],
        [WHO]: [200, ME],
        ...answers,
    });
    const sent: Message[] = [];
    let listener: (message: Message) => void = () => undefined;
    const parts: SessionParts = {
        homeserver: new Homeserver("https://x", house.fetch),
        fetch: house.fetch,
        tabStorage: storage(),
        browserStorage: storage(),
        tabs: { send: (message) => void sent.push(message), listen: (told) => (listener = told) },
        deviceName: () => "Console in a test",
        ...more,
    };
    const asked = (line: string) => house.calls.filter((call) => `${call.method} ${call.path}` === line);
    return { ...house, parts, sent, asked, session: new SessionStore(parts), hear: (message: Message) => { listener(message); } };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("signing in", () => {
    test("makes a device that is named as the console's, and asks what one may do", async () => {
        const { session, asked } = house();
        await session.signIn("root", "secret");
        expect(asked(LOGIN)[0]?.body).toMatchObject({ initial_device_display_name: "Console in a test" });
        expect(asked(WHO)[0]?.headers).toMatchObject({ Authorization: "Bearer t" });
        expect(session.getSnapshot()).toEqual({ phase: "ready", me: ME });
    });

    test("a wrong password is thrown for the form", async () => {
        const { session } = house({ [LOGIN]: [403, { errcode: "M_FORBIDDEN", error: "no" }] });
        await expect(session.signIn("root", "wrong")).rejects.toMatchObject({ code: "wrongPassword" });
    });

    test("the code of the second factor stands behind the password, and what is wrong with it is told apart", async () => {
        const { session, asked, answers } = house();
        answers[LOGIN] = [403, { errcode: "M_FORBIDDEN", error: "no", reason: "code_needed" }];
        const thrown: unknown = await session.signIn("root", "secret").catch((error: unknown) => error);
        expect(codeTrouble(thrown)).toBe("code_needed");
        expect(codeTrouble(new Refused(403, { errcode: "M_FORBIDDEN", reason: "wrong_password" }))).toBeNull();
        await session.signIn("root", "secret", "123 456").catch(() => undefined);
        expect(asked(LOGIN).map((call) => call.body["password"])).toEqual(["secret", "secret 123456"]);
    });

    test("who is no administrator is told so, and leaves no device behind", async () => {
        const { session, asked, parts } = house({ [WHO]: [403, { errcode: "M_FORBIDDEN", error: "no", reason: "not_administrator" }] });
        await session.signIn("anna", "secret");
        expect(session.getSnapshot()).toEqual({ phase: "denied", userId: "@root:x" });
        expect(asked(LOGOUT)).toHaveLength(1);
        expect(parts.tabStorage.getItem("veche.console.session")).toBeNull();
    });

    test("takes the device of the last time again, if it was the same person's", async () => {
        const { session, asked } = house();
        await session.signIn("root", "secret");
        await session.signOut();
        await session.signIn("@root:x", "secret");
        await session.signIn("anna", "secret");
        expect(asked(LOGIN).map((call) => call.body["device_id"])).toEqual([undefined, "DEV", undefined]);
    });

    test("a server that cannot be reached can be asked again", async () => {
        const { session, answers } = house({ [WHO]: [500, { errcode: "M_UNKNOWN", error: "broken" }] });
        await session.signIn("root", "secret");
        expect(session.getSnapshot()).toMatchObject({ phase: "failed", problem: { code: "server" } });
        answers[WHO] = [200, ME];
        await session.retry();
        expect(session.getSnapshot().phase).toBe("ready");
    });
});

describe("a page that is loaded anew", () => {
    test("has its session still", async () => {
        const first = house();
        await first.session.signIn("root", "secret");
        const again = new SessionStore(first.parts);
        await again.begin();
        expect(again.getSnapshot().phase).toBe("ready");
    });

    test("without a session asks the other tabs, and then for a password", async () => {
        const { session, sent } = house();
        const begun = session.begin();
        expect(sent).toEqual([{ kind: "asks" }]);
        await vi.runAllTimersAsync();
        await begun;
        expect(session.getSnapshot()).toEqual({ phase: "signedOut", reason: "never" });
    });

    test("takes another tab's session", async () => {
        const { session, hear } = house();
        const begun = session.begin();
        hear({ kind: "has", session: { userId: "@root:x", deviceId: "DEV", accessToken: "t" } });
        await vi.advanceTimersByTimeAsync(1_000);
        await begun;
        expect(session.getSnapshot().phase).toBe("ready");
    });
});

describe("leaving", () => {
    test("ends the session on the server and in the other tabs", async () => {
        const { session, asked, sent, parts } = house();
        await session.signIn("root", "secret");
        await session.signOut();
        expect(asked(LOGOUT)[0]?.headers).toMatchObject({ Authorization: "Bearer t" });
        expect(sent.at(-1)).toEqual({ kind: "left" });
        expect(session.getSnapshot()).toEqual({ phase: "signedOut", reason: "left" });
        expect(parts.tabStorage.getItem("veche.console.session")).toBeNull();
    });

    test("who walks away is signed out, unless another tab is used", async () => {
        const { session, asked, hear } = house();
        await session.signIn("root", "secret");
        await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
        hear({ kind: "active" });
        await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
        session.touch();
        await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
        expect(session.getSnapshot().phase).toBe("ready");
        await vi.advanceTimersByTimeAsync(1);
        expect(session.getSnapshot()).toEqual({ phase: "signedOut", reason: "idle" });
        expect(asked(LOGOUT)).toHaveLength(1);
    });

    test("a token that the server does not know any more is forgotten", async () => {
        const { session, answers } = house();
        await session.signIn("root", "secret");
        answers["GET /api/admin/v1/about"] = [401, { errcode: "M_UNKNOWN_TOKEN", error: "gone" }];
        await expect(session.api.get("/api/admin/v1/about", {})).rejects.toBeInstanceOf(Refused);
        expect(session.getSnapshot()).toEqual({ phase: "signedOut", reason: "ended" });
    });
});

describe("what one may do", () => {
    test("is asked again when the server says otherwise", async () => {
        const { session, answers } = house();
        await session.signIn("root", "secret");
        answers[WHO] = [200, { ...ME, grants: ["users"] }];
        answers["GET /api/admin/v1/logs"] = [403, { errcode: "M_FORBIDDEN", error: "no", reason: "grant_needed", grant: "system" }];
        await expect(session.api.get("/api/admin/v1/logs", {})).rejects.toMatchObject({ reason: "grant_needed" });
        await vi.advanceTimersByTimeAsync(0);
        expect(session.getSnapshot()).toMatchObject({ phase: "ready", me: { grants: ["users"] } });
    });

    test("a proof of the password is good until shortly before its end", async () => {
        const { session, asked } = house({ "POST /api/admin/v1/reauth": [200, { proof: "p", expires_in_ms: 60_000 }] });
        await session.signIn("root", "secret");
        expect(session.freshProof()).toBeNull();
        expect(await session.prove("secret")).toBe("p");
        expect(asked("POST /api/admin/v1/reauth")[0]?.body).toEqual({ password: "secret" });
        expect(session.freshProof()).toBe("p");
        vi.advanceTimersByTime(55_000);
        expect(session.freshProof()).toBeNull();
    });
});
