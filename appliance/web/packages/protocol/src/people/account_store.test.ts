import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import { describe, expect, test } from "vitest";
import { Scope } from "../base/scope";
import { withCode } from "../session/with_code";
import { AccountStore } from "./account_store";

const refusal = (httpStatus: number, errcode: string, more: object = {}) => Object.assign(new Error("no"), { httpStatus, errcode, data: more });
const OFFER = { secret: "ABC234", uri: "otpauth://totp/x" };

/** The account of somebody whose server gives these answers, one after another; what is an error is thrown. */
function accountOf(...answers: readonly object[]) {
    const asked: unknown[][] = [];
    const authedRequest = (method: string, path: string, _: unknown, body: unknown) => {
        asked.push(body === undefined ? [method, path] : [method, path, body]);
        const answer = answers[asked.length - 1] ?? new TypeError("Failed to fetch");
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    const client = { getSafeUserId: () => "@anna:b", getDeviceId: () => "D", getUser: () => null, on: () => undefined, off: () => undefined, http: { authedRequest } };
    return { asked, account: new AccountStore(client as unknown as MatrixClient, new Scope(), null) };
}

const PATH = "/api/account/v1/second_factor";

describe("the second factor", () => {
    test("is offered for the password, turned on by a code and off by both", async () => {
        const { account, asked } = accountOf({ on: false }, OFFER, {}, {});
        expect(account.getSnapshot().secondFactor).toBeNull();
        await account.lookAtSecondFactor();
        expect(account.getSnapshot().secondFactor).toBe(false);
        expect(await account.offerSecondFactor("secret")).toEqual(OFFER);
        expect(account.getSnapshot().secondFactor).toBe(false);
        await account.turnSecondFactorOn(" 123 456 ");
        expect(account.getSnapshot().secondFactor).toBe(true);
        account.refresh();
        expect(account.getSnapshot().secondFactor).toBe(true);
        await account.turnSecondFactorOff("secret", "654 321");
        expect(account.getSnapshot().secondFactor).toBe(false);
        expect(asked).toEqual([
            ["GET", PATH],
            ["POST", PATH, { password: "secret" }],
            ["PUT", PATH, { code: "123456" }],
            ["DELETE", PATH, { password: "secret 654321" }],
        ]);
    });

    test.each([
        [refusal(403, "M_FORBIDDEN", { reason: "wrong_password" }), "ownPasswordWrong"],
        [refusal(403, "M_FORBIDDEN", { reason: "wrong_code" }), "codeWrong"],
        [refusal(403, "M_FORBIDDEN", { reason: "code_used" }), "codeUsed"],
        [refusal(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 2_000 }), "tooManyRequests"],
        [new TypeError("Failed to fetch"), "offline"],
    ])("%o is a problem with words, and the state stays what it was", async (thrown, code) => {
        const { account, asked } = accountOf({ on: true }, thrown);
        await account.lookAtSecondFactor();
        await expect(account.turnSecondFactorOff("secret", "123456")).rejects.toMatchObject({ code });
        expect(account.getSnapshot().secondFactor).toBe(true);
        expect(asked).toHaveLength(2);
    });

    test.each([
        ["on", { on: false }, refusal(403, "M_FORBIDDEN", { reason: "code_needed" }), { on: true }],
        ["off", { on: true }, refusal(404, "M_NOT_FOUND"), { on: false }],
    ] as const)("that was turned %s elsewhere is known after the refusal", async (_, before, refused, after) => {
        const { account } = accountOf(before, refused, after);
        await account.lookAtSecondFactor();
        await expect(before.on ? account.turnSecondFactorOff("secret", "123456") : account.offerSecondFactor("secret")).rejects.toThrow();
        expect(account.getSnapshot().secondFactor).toBe(after.on);
    });

    test("is not known of a server that has no words for it, and what fails otherwise is told", async () => {
        const { account } = accountOf(refusal(404, "M_UNRECOGNIZED"), refusal(502, ""));
        await account.lookAtSecondFactor();
        expect(account.getSnapshot().secondFactor).toBeNull();
        await expect(account.lookAtSecondFactor()).rejects.toMatchObject({ code: "server" });
        await expect(account.lookAtSecondFactor()).rejects.toMatchObject({ code: "offline" });
    });

    test("stands behind the password, however its digits are grouped", () => {
        expect([withCode("a b", " 123 456"), withCode("a b", " ")]).toEqual(["a b 123456", "a b"]);
    });
});
