import { expect, test } from "vitest";
import { unresolved } from "./resolver";

test.each([
    [null, "unknown"],
    ["failed to lookup address information: Name or service not known", "unknown"],
    ["failed to lookup address information: No address associated with hostname", "unknown"],
    ["failed to lookup address information: nodename nor servname provided, or not known", "unknown"],
    ["failed to lookup address information: Temporary failure in name resolution", "silent"],
    ["no answer within 5 seconds", "silent"],
    ["failed to lookup address information: Non-recoverable failure in name resolution", "other"],
] as const)("a resolver that says %j", (words, kind) => {
    expect(unresolved(words)).toBe(kind);
});
