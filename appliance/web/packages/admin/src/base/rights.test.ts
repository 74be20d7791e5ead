import { describe, expect, test } from "vitest";
import type { Role } from "../api/api";
import type { Me } from "../session/session_store";
import { hindrance, mayGive, roleHindrance, rolesToGive } from "./rights";

const me = (role: "owner" | "administrator"): Me => ({ user_id: "@me:x", role, second_factor: false, passkey: false, grants: role === "owner" ? ["users", "rooms", "system"] : ["users"] });
const target = (role: Role, more = {}) => ({ user_id: "@other:x", role, deactivated_ms: null, ...more });

describe("what is done to an account", () => {
    test.each<["owner" | "administrator", Role, string | null, string | null]>([
        ["owner", "user", null, null],
        ["owner", "administrator", null, null],
        ["owner", "owner", "administrator", null],
        ["administrator", "user", null, null],
        ["administrator", "administrator", "administrator", "administrator"],
        ["administrator", "owner", "administrator", "administrator"],
    ])("by an %s to an %s", (by, to, acts, roles) => {
        expect(hindrance(me(by), target(to))).toBe(acts);
        expect(roleHindrance(me(by), target(to))).toBe(roles);
    });

    test("nothing to oneself, nor to an account that is closed", () => {
        expect(hindrance(me("owner"), target("owner", { user_id: "@me:x" }))).toBe("self");
        expect(roleHindrance(me("owner"), target("owner", { user_id: "@me:x" }))).toBe("self");
        expect(hindrance(me("owner"), target("user", { deactivated_ms: 1 }))).toBe("deactivated");
    });
});

test("nobody gives more than he has", () => {
    expect(rolesToGive(me("administrator"))).toEqual(["user", "administrator"]);
    expect([mayGive(me("administrator"), "users"), mayGive(me("administrator"), "system")]).toEqual([true, false]);
    expect([rolesToGive(me("owner")).includes("owner"), mayGive(me("owner"), "bots")]).toEqual([true, true]);
});
