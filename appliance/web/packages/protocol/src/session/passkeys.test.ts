import { afterEach, describe, expect, test, vi } from "vitest";
import { isPasskeyProof, makePasskey, passkeysWorkHere, showPasskey } from "./passkeys";

/** A browser whose authenticator answers so. */
function browserOf(answer: () => Promise<unknown>) {
    const parse = (options: unknown) => options;
    const known = Object.assign(vi.fn(), { parseRequestOptionsFromJSON: parse, parseCreationOptionsFromJSON: parse });
    vi.stubGlobal("PublicKeyCredential", known);
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("navigator", { credentials: { create: answer, get: answer } });
}

afterEach(() => {
    vi.unstubAllGlobals();
});

const failure = (name: string) => () => Promise.reject(Object.assign(new Error(name), { name }));

describe("where they work", () => {
    test("under the server's name, and nowhere else", () => {
        browserOf(failure("never"));
        expect(passkeysWorkHere("chat.example", "chat.example")).toBe(true);
        expect(passkeysWorkHere("chat.example", "www.chat.example")).toBe(true);
        expect(passkeysWorkHere("chat.example", "evilchat.example")).toBe(false);
        expect(passkeysWorkHere("chat.example", "192.0.2.1")).toBe(false);
        expect(passkeysWorkHere(null, "chat.example")).toBe(false);
    });

    test("not without TLS, nor in a browser that knows none", () => {
        browserOf(failure("never"));
        vi.stubGlobal("isSecureContext", false);
        expect(passkeysWorkHere("chat.example", "chat.example")).toBe(false);
        vi.stubGlobal("isSecureContext", true);
        vi.stubGlobal("PublicKeyCredential", undefined);
        expect(passkeysWorkHere("chat.example", "chat.example")).toBe(false);
    });
});

describe("an authenticator", () => {
    test("hands its answer over as it is", async () => {
        browserOf(() => Promise.resolve({ toJSON: () => ({ id: "x" }) }));
        expect(await makePasskey({ challenge: "a" })).toEqual({ id: "x" });
        expect(await showPasskey({ challenge: "a" })).toEqual({ id: "x" });
    });

    test.each([
        ["NotAllowedError", "passkeyNotShown"],
        ["InvalidStateError", "passkeyKnown"],
        ["SecurityError", "passkeyFailed"],
        ["toString", "passkeyFailed"],
    ])("that says %s", async (name, code) => {
        browserOf(failure(name));
        await expect(showPasskey({})).rejects.toMatchObject({ code });
    });

    test("that shows nothing", async () => {
        browserOf(() => Promise.resolve(null));
        await expect(makePasskey({})).rejects.toMatchObject({ code: "passkeyNotShown" });
    });
});

test("a proof is told from what people type", () => {
    expect(isPasskeyProof(`vpt_${"a".repeat(43)}`)).toBe(true);
    for (const typed of ["", "vpt_short", `vat_${"a".repeat(43)}`, `vpt_${"a".repeat(43)} 123456`]) expect(isPasskeyProof(typed)).toBe(false);
});
