import { createI18n } from "@veche/kit";
import { checkCatalogs } from "@veche/kit/testing";
import { describe, expect, test, vi } from "vitest";
import { NoAnswer, Refusal, SetupApi } from "./api/setup_api";
import type { NameReport, SetupState } from "./api/types";
import { causeWords, faultWords } from "./app/words";
import { en } from "./i18n/en";
import { ru } from "./i18n/ru";
import { chatAddresses, elementX } from "./wizard/links";
import { Memory } from "./wizard/memory";
import { NameCheck } from "./wizard/name_check";
import { type Asked, type FieldName, problemOf } from "./wizard/problem";
import { asServerName, canBePublic, isAddress, suggestedName } from "./wizard/server_name";
import { STEPS, codeIn, firstOpen, isOpen, pageAfter, pageAt, pageBefore, shownPage } from "./wizard/steps";
import { type Strength, strengthOf } from "./wizard/strength";
import { Typed } from "./wizard/typed";

test("i18n: both languages say the same", () => {
    expect(checkCatalogs({ en, ru })).toEqual([]);
});

describe("the way through the steps", () => {
    const state = (...unanswered: SetupState["unanswered"]) => ({ unanswered }) as unknown as SetupState;

    test("leads to the first that has no answer, then to the check", () => {
        expect(firstOpen(state(...STEPS))).toBe("language");
        expect(firstOpen(state("owner", "encryption"))).toBe("owner");
        expect(firstOpen(state())).toBe("check");
    });

    test("leads back, but not past what is unanswered", () => {
        const now = state("owner", "encryption");
        expect(isOpen("organisation", now)).toBe(true);
        expect(isOpen("owner", now)).toBe(true);
        expect(isOpen("second-factor", now)).toBe(false);
        expect(isOpen("registration", now)).toBe(false);
        expect(shownPage("#/organisation", now)).toBe("organisation");
        expect(shownPage("#/check", now)).toBe("owner");
        expect(shownPage("#/nonsense", now)).toBe("owner");
        expect(shownPage("", state())).toBe("check");
    });

    test("has an end on both sides", () => {
        expect([pageBefore("registration"), pageAfter("owner")]).toEqual(["second-factor", "second-factor"]);
        expect([pageBefore("language"), pageAfter("language"), pageAfter("encryption"), pageAfter("check")]).toEqual([null, "organisation", "check", null]);
        expect(pageAt("#/owner")).toBe("owner");
    });

    test("begins with the code that an address brings", () => {
        expect(codeIn("#code=ABCD-EF")).toBe("ABCD-EF");
        for (const hash of ["", "#", "#code=", "#/owner"]) expect(codeIn(hash)).toBeNull();
    });
});

describe("names of servers", () => {
    test.each([
        ["chat.example.org", "chat.example.org"],
        ["  Chat.Example.ORG ", "chat.example.org"],
        ["https://chat.example.org/setup/#x", "chat.example.org"],
        ["chat.example.org:8448", "chat.example.org:8448"],
        ["чат.рф", "xn--80a0bn.xn--p1ai"],
        ["192.0.2.7", "192.0.2.7"],
        ["[2001:db8::7]:443", "[2001:db8::7]:443"],
        ["", ""],
        ["two words", "two words"],
        ["<script>alert(1)</script>", "<script>alert(1)</script>"],
        ["olga@example.org", "olga@example.org"],
        ["a".repeat(300), "a".repeat(300)],
    ])("%j is meant as %j", (typed, expected) => {
        expect(asServerName(typed)).toBe(expected);
    });

    test("public authorities know only some", () => {
        for (const name of ["chat.example.org", "xn--80a0bn.xn--p1ai", "chat.acme.ru:8448"]) expect(canBePublic(name), name).toBe(true);
        for (const name of ["localhost", "chat", "chat.local", "chat.corp:443", "192.0.2.7", "[2001:db8::7]"]) expect(canBePublic(name), name).toBe(false);
        expect([isAddress("192.0.2.7:1"), isAddress("chat.org")]).toEqual([true, false]);
    });

    test("the one that the page was opened under is suggested, if it is one", () => {
        expect(["192.0.2.7", "[::1]", "localhost", "box", "chat.acme.ru"].map(suggestedName)).toEqual(["", "", "", "", "chat.acme.ru"]);
    });
});

describe("looking where a name leads", () => {
    const report = (name: string): NameReport => ({ server_name: name, verdict: "here", leads_to: [], own_addresses: [], resolver: null });
    const noWait = () => Promise.resolve();

    test("only the name that is typed last counts", async () => {
        const answers = new Map<string, (report: NameReport) => void>();
        const api = { checkName: vi.fn((_: string, name: string) => new Promise<NameReport>((resolve) => answers.set(name, resolve))) };
        const check = new NameCheck(api, () => "t", noWait);
        const first = check.look("a.org");
        await vi.waitFor(() => { expect(answers.has("a.org")).toBe(true); });
        const second = check.look("b.org");
        await vi.waitFor(() => { expect(answers.has("b.org")).toBe(true); });
        answers.get("b.org")?.(report("b.org"));
        await second;
        answers.get("a.org")?.(report("a.org"));
        await first;
        expect(check.getSnapshot()).toMatchObject({ kind: "found", name: "b.org" });
    });

    test("half a word is not asked about, nor the same name twice", async () => {
        const api = { checkName: vi.fn((_: string, name: string) => Promise.resolve(report(name))) };
        const pauses: (() => void)[] = [];
        const check = new NameCheck(api, () => "t", () => new Promise((resolve) => pauses.push(resolve)));
        const looks = [check.look("c"), check.look("ch"), check.look("chat.org")];
        for (const go of pauses) go();
        await Promise.all(looks);
        await check.look("chat.org");
        expect(api.checkName.mock.calls.map(([, name]) => name)).toEqual(["chat.org"]);
        await check.look("");
        expect(check.getSnapshot()).toEqual({ kind: "nothing" });
    });

    test("a name that can be none is refused; a lost connection says nothing about the name", async () => {
        const api = { checkName: vi.fn() };
        const check = new NameCheck(api, () => "t", noWait);
        api.checkName.mockRejectedValueOnce(new Refusal(400, { reason: "name_invalid" }));
        await check.look("?");
        expect(check.getSnapshot()).toMatchObject({ kind: "refused", name: "?" });
        api.checkName.mockRejectedValueOnce(new NoAnswer(null));
        await check.look("x.org");
        expect(check.getSnapshot()).toEqual({ kind: "nothing" });
    });
});

describe("problems", () => {
    const at = (asked: Asked, status: number, fields: object) => problemOf(new Refusal(status, { error: "words", ...fields }), asked);

    test.each<[Asked, number, object, string, FieldName | null]>([
        ["organisation", 400, { reason: "name_length" }, "nameLength", "organisation"],
        ["owner", 400, { reason: "name_length" }, "nameLength", "displayName"],
        ["organisation", 400, { reason: "name_invalid" }, "nameInvalid", "serverName"],
        ["organisation", 403, { reason: "name_fixed", server_name: "s" }, "nameFixed", "serverName"],
        ["owner", 400, { errcode: "M_INVALID_USERNAME" }, "usernameInvalid", "username"],
        ["owner", 400, { errcode: "M_WEAK_PASSWORD", chars_min: 8 }, "passwordLength", "password"],
        ["certificate", 400, { reason: "certificate_impossible" }, "certificateImpossible", "source"],
        ["certificate", 400, { reason: "certificate_faults", faults: [{ code: "key_mismatch", error: "", parameters: {} }] }, "certificateFaults", "key"],
        ["certificate", 400, { reason: "certificate_faults", faults: [{ code: "not_pem", error: "", parameters: { part: "key" } }] }, "certificateFaults", "key"],
        ["certificate", 400, { reason: "certificate_faults", faults: [{ code: "no_names", error: "", parameters: {} }] }, "certificateFaults", "chain"],
        ["certificate", 400, { reason: "organisation_first" }, "organisationFirst", null],
        ["certificate", 413, {}, "tooLarge", null],
        ["claim", 429, { retry_after_ms: 1 }, "tooFast", "code"],
        ["owner", 429, { retry_after_ms: 1 }, "tooFast", null],
        ["owner", 401, {}, "sessionEnded", null],
        ["owner", 404, { errcode: "M_UNRECOGNIZED" }, "over", null],
        ["owner", 404, { errcode: "M_NOT_FOUND" }, "unknown", null],
        ["owner", 403, { reason: "wrong_code" }, "wrongSecondCode", "secondCode"],
        ["owner", 500, {}, "server", null],
        ["owner", 400, {}, "unknown", null],
    ])("after %s, %i %j is %s at %s", (asked, status, fields, kind, field) => {
        expect(at(asked, status, fields)).toMatchObject({ cause: { kind }, field });
    });

    test.each([
        ["no_redirect", "no_redirect"],
        ["setting", "other"],
        [undefined, "other"],
    ])("what stands in the way of a certificate, %s, is %s", (obstacle, known) => {
        const { cause } = at("certificate", 400, { reason: "certificate_impossible", obstacle });
        expect(cause).toEqual({ kind: "certificateImpossible", obstacle: known, detail: "words" });
    });

    test("each fault of a certificate has words in both languages, and an unknown one has the server's", () => {
        const codes = Object.keys(en).filter((key) => key.startsWith("fault.")).map((key) => key.slice("fault.".length));
        expect(codes).toHaveLength(34);
        const parameters = { certificate: 2, bits: 512, wanted: "a.org", listed: ["b.org", "c.org"], right_order: [2, 1] };
        for (const language of ["en", "ru"] as const) {
            const { t } = createI18n({ en, ru }, { language });
            for (const code of codes) {
                const words = faultWords(t, { code, error: "server's words", parameters });
                expect(words).not.toMatch(/[{}]|server's words/);
            }
        }
        const { t } = createI18n({ en, ru }, { language: "en" });
        expect(faultWords(t, { code: "wrong_name", error: "", parameters })).toBe("The certificate is not for a.org. It lists: b.org, c.org.");
        expect(faultWords(t, { code: "of_tomorrow", error: "The server's words", parameters: {} })).toBe("The server's words");
        expect(causeWords(t, { kind: "tooFast", retryAfterMs: 1_200 })).toBe("There were too many tries. Please wait 2 seconds.");
    });
});

describe("what was typed", () => {
    const storage = () => {
        const kept = new Map<string, string>();
        return {
            kept,
            getItem: (key: string) => kept.get(key) ?? null,
            setItem: (key: string, value: string) => void kept.set(key, value),
            removeItem: (key: string) => void kept.delete(key),
        };
    };

    test("is there after a reload, but for secrets", () => {
        const place = storage();
        const typed = new Typed(new Memory(place));
        typed.set("organisation", "Рога и копыта");
        typed.set("password", "hunter2");
        typed.set("key", "-----BEGIN PRIVATE KEY-----");
        expect(typed.getSnapshot().password).toBe("hunter2");
        expect([...place.kept.values()].join()).not.toMatch(/hunter2|PRIVATE KEY/);
        expect(new Typed(new Memory(place)).getSnapshot()).toEqual({ organisation: "Рога и копыта" });
        typed.forget("organisation", "password");
        expect(typed.getSnapshot()).toEqual({ key: "-----BEGIN PRIVATE KEY-----" });
    });

    test("needs no storage", () => {
        const broken = { getItem: () => { throw new Error("no"); }, setItem: () => { throw new Error("no"); }, removeItem: () => undefined };
        const memory = new Memory(broken);
        memory.token = "x";
        expect([memory.token, memory.typed]).toEqual([null, {}]);
    });
});

describe("passwords", () => {
    test.each<[string, Strength]>([
        ["", "none"],
        ["k7#Qz", "short"],
        ["password", "guessed"],
        ["Password1!", "guessed"],
        ["12345678", "guessed"],
        ["qwertyuiop", "guessed"],
        ["йцукенгш", "guessed"],
        ["aaaaaaaaaaaa", "guessed"],
        ["olgaolga", "guessed"],
        ["Acme2026!", "guessed"],
        ["horsebattery", "weak"],
        ["kG7#qZ2!", "good"],
        ["correct horse battery", "good"],
        ["correct horse battery staple", "strong"],
        ["кони пасутся за рекой вечером", "strong"],
        ["vX8!nqLp4#tRw9Zs", "strong"],
    ])("%j is %s", (password, expected) => {
        expect(strengthOf(password, ["Olga Petrova", "olga", "Acme"])).toBe(expected);
    });
});

describe("links", () => {
    test("have the server in them", () => {
        expect(elementX("chat.example.org:8448")).toBe("https://mobile.element.io/element/?account_provider=chat.example.org%3A8448");
        expect(chatAddresses("https://chat.example.org", "https://192.0.2.7")).toEqual({ named: "https://chat.example.org/", here: "https://192.0.2.7/" });
        expect(chatAddresses("https://chat.example.org/", "https://chat.example.org")).toEqual({ named: "https://chat.example.org/", here: null });
    });
});

describe("requests", () => {
    test("carry the proof and the answer", async () => {
        const fetched = vi.fn<(path: string, init: RequestInit) => Promise<Response>>(() => Promise.resolve(Response.json({ fine: true })));
        const api = new SetupApi(fetched as unknown as typeof fetch);
        await api.putOwner("tok", { username: "olga", display_name: null, password: "p" });
        const [path, init] = fetched.mock.calls[0] ?? [];
        expect([path, init?.method, init?.body]).toEqual(["/api/setup/v1/owner", "PUT", '{"username":"olga","display_name":null,"password":"p"}']);
        expect(init?.headers).toEqual({ "Content-Type": "application/json", Authorization: "Bearer tok" });
    });

    test("that are refused say why; what is no JSON comes from something in between", async () => {
        const answer = (response: Response) => new SetupApi(() => Promise.resolve(response));
        await expect(answer(Response.json({ errcode: "M_X", error: "no" }, { status: 403 })).state()).rejects.toMatchObject({ status: 403, message: "no" });
        await expect(answer(new Response("<h1>Bad gateway</h1>", { status: 502 })).state()).rejects.toMatchObject({ status: 502, fields: {} });
    });

    test("without an answer are no refusal", async () => {
        const api = new SetupApi(() => Promise.reject(new TypeError("Failed to fetch")));
        await expect(api.state("t")).rejects.toBeInstanceOf(NoAnswer);
        expect(await api.answers()).toBe(false);
    });
});
