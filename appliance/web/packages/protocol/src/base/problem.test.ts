import { describe, expect, test } from "vitest";
import { Problem, problemOf } from "./problem";

const thrown = (fields: object) => Object.assign(new Error("said"), fields);

describe("what was thrown becomes a problem that people can be told", () => {
    test.each([
        [thrown({ errcode: "M_FORBIDDEN", httpStatus: 403 }), "forbidden"],
        [thrown({ errcode: "M_FORBIDDEN", httpStatus: 403, data: { reason: "code_needed" } }), "codeNeeded"],
        [thrown({ errcode: "M_FORBIDDEN", httpStatus: 403, data: { reason: "something_new" } }), "forbidden"],
        [thrown({ errcode: "M_USER_IN_USE", httpStatus: 400 }), "nameTaken"],
        [thrown({ errcode: "M_UNKNOWN_TOKEN", httpStatus: 401, data: { soft_logout: true } }), "sessionExpired"],
        [thrown({ errcode: "M_UNKNOWN_TOKEN", httpStatus: 401, data: { soft_logout: false } }), "sessionEnded"],
        [thrown({ errcode: "M_SOMETHING_NEW", httpStatus: 413 }), "tooLarge"],
        [thrown({ httpStatus: 502 }), "server"],
        [thrown({ name: "ConnectionError" }), "offline"],
        [thrown({ name: "TimeoutError" }), "timeout"],
        [thrown({ name: "AbortError" }), "cancelled"],
        [new TypeError("Failed to fetch"), "offline"],
        [new TypeError("x is not a function"), "unknown"],
        ["a string", "unknown"],
        [null, "unknown"],
    ])("%s", (error, code) => {
        expect(problemOf(error).code).toBe(code);
    });

    test("the time to wait and the server's words are kept", () => {
        const problem = problemOf(thrown({ errcode: "M_LIMIT_EXCEEDED", httpStatus: 429, data: { retry_after_ms: 1500, error: "Slow down" } }));
        expect(problem).toMatchObject({ code: "tooManyRequests", retryAfterMs: 1500, detail: "Slow down" });
    });

    test("a problem stays the problem it is", () => {
        const problem = new Problem("storage");
        expect(problemOf(problem)).toBe(problem);
    });
});
