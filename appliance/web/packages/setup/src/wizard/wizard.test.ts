import { describe, expect, test, vi } from "vitest";
import { NoAnswer, Refusal, SetupApi } from "../api/setup_api";
import type { SetupFinished, SetupState } from "../api/types";
import { Memory } from "./memory";
import { SecondFactor } from "./second_factor";
import { Wizard } from "./wizard";

const EMPTY: SetupState = {
    language: null,
    organisation: null,
    certificate: null,
    owner: null,
    registration: null,
    encryption: null,
    unanswered: ["language", "organisation", "certificate", "owner", "registration", "encryption"],
    fixed_server_name: null,
    passkey_name: null,
};
const FULL: SetupState = {
    language: "ru",
    organisation: { name: "Acme", server_name: "chat.example.org", base_url: "https://chat.example.org" },
    certificate: { source: "own" },
    owner: { username: "olga", display_name: null, second_factor: false, passkey: false },
    registration: { mode: "token", token: "t", link: "https://chat.example.org/#/invite/t" },
    encryption: "private",
    unanswered: [],
    fixed_server_name: null,
    passkey_name: null,
};
const FINISHED: SetupFinished = {
    owner: "@olga:chat.example.org",
    server_name: "chat.example.org",
    base_url: "https://chat.example.org",
    invite_link: "https://chat.example.org/#/invite/t",
    reachability: { server_name: "chat.example.org", made_ms: 1, state: "ok", lines: [] },
};
const UNKNOWN_TOKEN = new Refusal(401, { errcode: "M_UNKNOWN_TOKEN" });
const UNRECOGNIZED = new Refusal(404, { errcode: "M_UNRECOGNIZED" });
const LOST = new NoAnswer(new TypeError("Failed to fetch"));

class MapStorage {
    readonly kept = new Map<string, string>();
    getItem = (key: string) => this.kept.get(key) ?? null;
    setItem = (key: string, value: string) => void this.kept.set(key, value);
    removeItem = (key: string) => void this.kept.delete(key);
}

/** A wizard whose server answers as a test wants, and whose pauses end at once. */
function house(token: string | null = null) {
    const api = new SetupApi(() => Promise.reject(new Error("nobody is to be asked")));
    const storage = new MapStorage();
    const memory = new Memory(storage);
    memory.token = token;
    const waits: number[] = [];
    const wait = (ms: number) => {
        waits.push(ms);
        return Promise.resolve();
    };
    const wizard = new Wizard({ api, memory, wait, now: () => 7 });
    return { api, memory, wizard, waits, view: () => wizard.getSnapshot().view };
}

async function opened(answers: SetupState = EMPTY) {
    const made = house("the token");
    const state = vi.spyOn(made.api, "state").mockResolvedValue(answers);
    await made.wizard.open();
    return { ...made, state };
}

describe("opening the page", () => {
    test("without a proof asks for the code", async () => {
        const { api, wizard, view } = house();
        vi.spyOn(api, "state").mockRejectedValue(new Refusal(401, { errcode: "M_MISSING_TOKEN" }));
        await wizard.open();
        expect(view()).toEqual({ phase: "claim", again: false });
    });

    test("with one goes on where it was", async () => {
        const { state, view } = await opened(FULL);
        expect(state).toHaveBeenCalledWith("the token");
        expect(view()).toEqual({ phase: "answering", answers: FULL });
    });

    test("with one that the server has forgotten asks anew, and says so", async () => {
        const { api, memory, wizard, view } = house("old");
        vi.spyOn(api, "state").mockRejectedValue(UNKNOWN_TOKEN);
        await wizard.open();
        expect(view()).toEqual({ phase: "claim", again: true });
        expect(memory.token).toBeNull();
    });

    test("of a server that is set up says so", async () => {
        const { api, wizard, view } = house();
        vi.spyOn(api, "state").mockRejectedValue(UNRECOGNIZED);
        await wizard.open();
        expect(view()).toEqual({ phase: "over" });
    });

    test("waits for a server that does not answer, and goes on by itself", async () => {
        const { api, wizard, waits, view } = house("t");
        vi.spyOn(api, "state").mockRejectedValueOnce(LOST).mockResolvedValue(EMPTY);
        vi.spyOn(api, "answers").mockResolvedValueOnce(false).mockResolvedValueOnce(false).mockResolvedValue(true);
        await wizard.open();
        expect(view()).toEqual({ phase: "unreachable" });
        await vi.waitFor(() => { expect(view().phase).toBe("answering"); });
        expect(waits).toEqual([500, 1_000, 2_000]);
    });
});

describe("the code", () => {
    test("opens the rest", async () => {
        const { api, memory, wizard, view } = house();
        vi.spyOn(api, "claim").mockResolvedValue({ token: "new", expires_in_ms: 1 });
        vi.spyOn(api, "state").mockResolvedValue(EMPTY);
        expect(await wizard.claim("code")).toBe(true);
        expect(memory.token).toBe("new");
        expect(view()).toEqual({ phase: "answering", answers: EMPTY });
    });

    test.each([
        [{ reason: "wrong_claim_code", tries_left: 3 }, { kind: "wrongCode", triesLeft: 3 }],
        [{ reason: "new_claim_code", tries_left: 5 }, { kind: "newCode", tries: 5 }],
    ])("that is wrong is said at its field: %j", async (fields, cause) => {
        const { api, wizard } = house();
        vi.spyOn(api, "claim").mockRejectedValue(new Refusal(403, { errcode: "M_FORBIDDEN", ...fields }));
        expect(await wizard.claim("x")).toBe(false);
        expect(wizard.getSnapshot()).toMatchObject({ busy: false, problem: { cause, field: "code" } });
    });
});

describe("an answer", () => {
    test("is sent with the proof, and the new picture is shown", async () => {
        const { api, wizard, view } = await opened();
        const put = vi.spyOn(api, "putLanguage").mockResolvedValue(FULL);
        expect(await wizard.answer("language", (to, token) => to.putLanguage(token, "ru"))).toBe(true);
        expect(put).toHaveBeenCalledWith("the token", "ru");
        expect(view()).toEqual({ phase: "answering", answers: FULL });
    });

    test("is sent once, however often the button is pressed", async () => {
        const { wizard } = await opened();
        const sent: ((state: SetupState) => void)[] = [];
        const put = vi.fn(() => new Promise<SetupState>((resolve) => sent.push(resolve)));
        const first = wizard.answer("owner", put);
        expect(await wizard.answer("owner", put)).toBe(false);
        sent[0]?.(FULL);
        expect(await first).toBe(true);
        expect(put).toHaveBeenCalledTimes(1);
    });

    test("that got lost is to be sent again when the server is heard; nothing else changes meanwhile", async () => {
        const { api, wizard, view } = await opened();
        const hear: ((heard: boolean) => void)[] = [];
        vi.spyOn(api, "answers").mockImplementation(() => new Promise((resolve) => hear.push(resolve)));
        expect(await wizard.answer("owner", () => Promise.reject(LOST))).toBe(false);
        expect(wizard.getSnapshot()).toMatchObject({ connection: "lost", busy: false });
        await vi.waitFor(() => { expect(hear).toHaveLength(1); });
        hear[0]?.(true);
        await vi.waitFor(() => { expect(wizard.getSnapshot()).toMatchObject({ connection: "back", problem: null }); });
        expect(view()).toEqual({ phase: "answering", answers: EMPTY });
        await wizard.answer("owner", () => Promise.resolve(FULL));
        expect(wizard.getSnapshot().connection).toBe("heard");
    });

    test("to a server that was started anew asks for the code", async () => {
        const { wizard, view } = await opened();
        await wizard.answer("owner", () => Promise.reject(UNKNOWN_TOKEN));
        expect(view()).toEqual({ phase: "claim", again: true });
    });

    test("to a server that another browser has finished says that it is over", async () => {
        const { wizard, view } = await opened();
        await wizard.answer("owner", () => Promise.reject(UNRECOGNIZED));
        expect(view()).toEqual({ phase: "over" });
    });
});

describe("the end", () => {
    const DONE = { owner: "@olga:chat.example.org", serverName: "chat.example.org", baseUrl: "https://chat.example.org", inviteLink: "https://chat.example.org/#/invite/t", secondFactor: false, passkey: false };

    test("tells what the server told", async () => {
        const { api, memory, wizard, view } = await opened(FULL);
        const finish = vi.spyOn(api, "finish").mockResolvedValue(FINISHED);
        const ended = wizard.finish();
        expect(view()).toEqual({ phase: "starting", answers: FULL });
        await ended;
        expect(finish).toHaveBeenCalledWith("the token", 7);
        const done = { ...DONE, report: FINISHED.reachability };
        expect(view()).toEqual({ phase: "done", done });
        expect(memory.token).toBeNull();
    });

    test("without its answer is known by what the server does then", async () => {
        const { api, wizard, state, view } = await opened(FULL);
        vi.spyOn(api, "finish").mockRejectedValue(LOST);
        state.mockRejectedValueOnce(LOST).mockRejectedValueOnce(LOST).mockRejectedValue(UNRECOGNIZED);
        await wizard.finish();
        expect(view()).toEqual({ phase: "done", done: { ...DONE, report: null } });
    });

    test("that did not happen can be tried again", async () => {
        const { api, wizard, view } = await opened(FULL);
        vi.spyOn(api, "finish").mockRejectedValue(LOST);
        await wizard.finish();
        expect(view()).toEqual({ phase: "answering", answers: FULL });
        expect(wizard.getSnapshot().connection).toBe("back");
    });

    test("is refused while something has no answer", async () => {
        const { api, wizard } = await opened(FULL);
        vi.spyOn(api, "finish").mockRejectedValue(new Refusal(400, { reason: "unanswered", steps: ["owner"] }));
        await wizard.finish();
        expect(wizard.getSnapshot().problem).toEqual({ cause: { kind: "unanswered", steps: ["owner"] }, field: null });
    });
});

describe("the secret of the second factor", () => {
    test("is asked for once, however often its page is looked at", async () => {
        const { api, wizard } = await opened(FULL);
        const offer = vi.spyOn(api, "offerSecondFactor").mockResolvedValue({ secret: "ABC", uri: "otpauth://totp/x" });
        const secondFactor = new SecondFactor(wizard);
        await Promise.all([secondFactor.want(), secondFactor.want()]);
        await secondFactor.want();
        expect(offer.mock.calls).toEqual([["the token"]]);
        expect(secondFactor.getSnapshot()).toEqual({ secret: "ABC", uri: "otpauth://totp/x" });
        secondFactor.forget();
        await secondFactor.want();
        expect(offer).toHaveBeenCalledTimes(2);
    });

    test("may be asked for again when the server did not answer", async () => {
        const { api, wizard } = await opened(FULL);
        vi.spyOn(api, "answers").mockResolvedValue(true);
        vi.spyOn(api, "offerSecondFactor").mockRejectedValueOnce(LOST).mockResolvedValue({ secret: "ABC", uri: "u" });
        const secondFactor = new SecondFactor(wizard);
        await secondFactor.want();
        await vi.waitFor(() => { expect(wizard.getSnapshot().connection).toBe("back"); });
        await secondFactor.want();
        expect([secondFactor.getSnapshot()?.secret, wizard.getSnapshot().connection]).toEqual(["ABC", "heard"]);
    });
});
