import { expect, test } from "vitest";
import type { Grant } from "../api/api";
import type { Me } from "../session/session_store";
import { maySee, menuOf } from "./menu";

const me = (...grants: Grant[]): Me => ({ user_id: "@a:x", role: "administrator", second_factor: false, passkey: false, grants });
const pages = (who: Me) => menuOf(who).flatMap((group) => group.items.map((item) => item.route.page));

test.each<[string, Me, readonly string[]]>([
    ["everything", me("users", "rooms", "system"), ["dashboard", "people", "invites", "rooms", "calls", "roles", "directories", "journal", "settings", "network", "logs", "about"]],
    ["people", me("users"), ["dashboard", "people", "invites", "roles", "journal", "about"]],
    ["rooms", me("rooms"), ["dashboard", "rooms", "calls", "roles", "journal", "about"]],
    ["nothing yet", me(), ["dashboard", "roles", "journal", "about"]],
])("the menu of somebody who was granted %s", (_, who, expected) => {
    expect(pages(who)).toEqual(expected);
});

test("a page is seen or not whichever way one came to it", () => {
    expect([maySee(me("users"), "person"), maySee(me("rooms"), "person")]).toEqual([true, false]);
    expect(menuOf(me()).map((group) => group.id)).toEqual(["overview", "security", "system"]);
});
