/** What the menu of the console holds. Pages whose grant somebody lacks are not in it. */
import type { IconName } from "@veche/kit";
import { GRANT_OF, JOURNAL, LOGS, type PageName, PEOPLE, ROOMS, type Route } from "../app/router";
import { type Me, may } from "../session/session_store";

interface Item {
    readonly route: Route;
    readonly icon: IconName;
    /** Pages that belong to it. */
    readonly pages: readonly PageName[];
}

interface Group {
    readonly id: "overview" | "people" | "security" | "system";
    readonly items: readonly Item[];
}

const GROUPS: readonly Group[] = [
    { id: "overview", items: [{ route: { page: "dashboard" }, icon: "home", pages: ["dashboard"] }] },
    {
        id: "people",
        items: [
            { route: PEOPLE, icon: "users", pages: ["people", "person", "import"] },
            { route: { page: "invites" }, icon: "user-add", pages: ["invites"] },
            { route: ROOMS, icon: "chat", pages: ["rooms", "room"] },
            { route: { page: "calls" }, icon: "call", pages: ["calls"] },
        ],
    },
    {
        id: "security",
        items: [
            { route: { page: "roles" }, icon: "key", pages: ["roles"] },
            { route: { page: "directories" }, icon: "building", pages: ["directories"] },
            { route: JOURNAL, icon: "history", pages: ["journal"] },
        ],
    },
    {
        id: "system",
        items: [
            { route: { page: "settings", key: null }, icon: "sliders", pages: ["settings"] },
            { route: { page: "network", tab: "reachability" }, icon: "globe", pages: ["network"] },
            { route: LOGS, icon: "list", pages: ["logs"] },
            { route: { page: "about" }, icon: "info", pages: ["about"] },
        ],
    },
];

/** Whether somebody may see a page. */
export function maySee(me: Me, page: PageName): boolean {
    const grant = GRANT_OF[page];
    return grant === null || may(me, grant);
}

/** The menu of somebody; groups with nothing in them are left out. Pure. */
export function menuOf(me: Me): readonly Group[] {
    return GROUPS.map((group) => ({ ...group, items: group.items.filter((item) => maySee(me, item.route.page)) })).filter(
        (group) => group.items.length > 0,
    );
}
