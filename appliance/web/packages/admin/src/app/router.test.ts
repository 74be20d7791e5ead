import { describe, expect, test } from "vitest";
import { type Route, Router, WHOLE_JOURNAL, parse, write } from "./router";

const read = (address: string): Route => {
    const { pathname, search } = new URL(address, "https://x");
    return parse(pathname, search);
};

describe("addresses", () => {
    test.each<Route>([
        { page: "dashboard" },
        { page: "people", filter: { search: "Анна & Ко", status: "locked" } },
        { page: "people", filter: { search: "", status: null } },
        { page: "person", userId: "@a/b:chat.example" },
        { page: "import" },
        { page: "invites" },
        { page: "rooms", search: "#general" },
        { page: "room", roomId: "!abc:x" },
        { page: "roles" },
        { page: "journal", filter: WHOLE_JOURNAL },
        { page: "journal", filter: { actor: "@a:x", noun: "account", target: "@b:x", since: "2026-03-01", until: "2026-03-31" } },
        { page: "settings", key: null },
        { page: "settings", key: "registration.mode" },
        { page: "network", tab: "certificate" },
        { page: "logs", filter: { level: "warn", search: "tls" } },
        { page: "logs", filter: { level: "info", search: "" } },
        { page: "about" },
    ])("%j is read back as it was written", (route) => {
        expect(read(write(route))).toEqual(route);
    });

    test.each(["/admin/nowhere", "/admin/people/anna", "/admin/people/%E0%A4%A", "/admin/rooms/general", "/admin/about/it/all", "/admin/network/cables"])(
        "%s leads nowhere",
        (address) => {
            expect(read(address)).toEqual({ page: "missing" });
        },
    );

    test.each([
        ["/admin", { page: "dashboard" }],
        ["/admin/people?status=asleep", { page: "people", filter: { search: "", status: null } }],
        ["/admin/journal?since=yesterday", { page: "journal", filter: WHOLE_JOURNAL }],
        ["/admin/logs?level=loud", { page: "logs", filter: { level: "info", search: "" } }],
        ["/admin/network", { page: "network", tab: "reachability" }],
    ])("%s: what is not understood does not matter", (address, route) => {
        expect(read(address)).toEqual(route);
    });
});

test("one goes forth and back", () => {
    let back: () => void = () => undefined;
    const steps: string[] = ["/admin/"];
    const place = {
        location: { pathname: "/admin/", search: "" },
        history: {
            pushState: (_: unknown, __: string, url: string) => void steps.push(url),
            replaceState: (_: unknown, __: string, url: string) => void steps.splice(-1, 1, url),
        },
        addEventListener: (_: string, listener: () => void) => (back = listener),
    };
    const router = new Router(place);
    router.go({ page: "roles" });
    router.go({ page: "roles" });
    router.replace({ page: "about" });
    expect(steps).toEqual(["/admin/", "/admin/about"]);
    expect(router.getSnapshot()).toEqual({ page: "about" });
    back();
    expect(router.getSnapshot()).toEqual({ page: "dashboard" });
});
