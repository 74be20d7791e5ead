import { describe, expect, test } from "vitest";
import { Homeserver } from "./homeserver";

interface Asked {
    readonly path: string;
    readonly body: Record<string, unknown> | null;
}

/** A server that gives these answers, one after another, and remembers what it was asked. */
function serverOf(...answers: readonly (readonly [status: number, body: object])[]) {
    const asked: Asked[] = [];
    const fetchFn = ((url: string, init: RequestInit) => {
        asked.push({ path: url.replace("https://chat.example", ""), body: init.body ? (JSON.parse(init.body as string) as Record<string, unknown>) : null });
        const [status, body] = answers[asked.length - 1] ?? [500, {}];
        return Promise.resolve(new Response(JSON.stringify(body), { status }));
    }) as typeof fetch;
    return { asked, server: new Homeserver("https://chat.example/", fetchFn) };
}

const device = { user_id: "@anna:chat.example", device_id: "D", access_token: "secret" };
const signedIn = { userId: "@anna:chat.example", deviceId: "D", accessToken: "secret" };
const tokenStage = { session: "s", flows: [{ stages: ["m.login.registration_token"] }] };

describe("who may register", () => {
    test.each([
        [401, tokenStage, "token"],
        [401, { session: "s", flows: [{ stages: ["m.login.dummy"] }] }, "open"],
        [401, { session: "s", flows: [{ stages: ["m.login.recaptcha"] }] }, "closed"],
        [403, { errcode: "M_FORBIDDEN" }, "closed"],
        [400, { errcode: "M_MISSING_PARAM" }, "open"],
    ])("%i %j", async (status, body, mode) => {
        expect(await serverOf([status, body]).server.registrationMode()).toBe(mode);
    });

    test("is not guessed when the server is broken", async () => {
        await expect(serverOf([500, {}]).server.registrationMode()).rejects.toMatchObject({ code: "server" });
    });
});

describe("signing in", () => {
    test("gives the device, and asks with the name without blanks", async () => {
        const { server, asked } = serverOf([200, device]);
        expect(await server.login({ user: " anna ", password: "p", deviceName: "here" })).toEqual(signedIn);
        expect(asked[0]?.body).toMatchObject({ type: "m.login.password", identifier: { user: "anna" }, initial_device_display_name: "here" });
        expect(asked[0]?.body).not.toHaveProperty("device_id");
    });

    test("says that the password is wrong, and how long to wait", async () => {
        const wrong = serverOf([403, { errcode: "M_FORBIDDEN", error: "no" }]).server;
        await expect(wrong.login({ user: "a", password: "b", deviceName: "" })).rejects.toMatchObject({ code: "wrongPassword" });
        const half = serverOf([403, { errcode: "M_FORBIDDEN", reason: "code_needed", error: "no" }]).server;
        await expect(half.login({ user: "a", password: "b", deviceName: "" })).rejects.toMatchObject({ code: "codeNeeded" });
        const slow = serverOf([429, { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 2000 }]).server;
        await expect(slow.login({ user: "a", password: "b", deviceName: "" })).rejects.toMatchObject({ code: "tooManyRequests", retryAfterMs: 2000 });
    });

    test("does not take half an answer", async () => {
        await expect(serverOf([200, { user_id: "@a:b" }]).server.login({ user: "a", password: "b", deviceName: "" })).rejects.toMatchObject({ code: "server" });
    });
});

describe("making an account", () => {
    test("gives the token in the session that the server opened", async () => {
        const { server, asked } = serverOf([401, tokenStage], [200, device]);
        expect(await server.register({ username: "anna", password: "p", deviceName: "", token: " code " })).toEqual(signedIn);
        expect(asked[1]?.body?.["auth"]).toEqual({ type: "m.login.registration_token", token: "code", session: "s" });
    });

    test.each([
        [[[400, { errcode: "M_USER_IN_USE" }]], "nameTaken"],
        [[[403, { errcode: "M_FORBIDDEN", error: "closed" }]], "registrationClosed"],
        [[[401, tokenStage], [401, { ...tokenStage, errcode: "M_UNAUTHORIZED", error: "Invalid registration token" }]], "registrationToken"],
        [[[401, tokenStage], [400, { errcode: "M_WEAK_PASSWORD" }]], "passwordWeak"],
    ] as const)("%j: %s", async (answers, code) => {
        await expect(serverOf(...answers).server.register({ username: "a", password: "b", deviceName: "", token: "x" })).rejects.toMatchObject({ code });
    });
});
