/** Where in the console somebody is: the path and the query of the address. A store; views draw what it says. */
import { Store } from "@veche/protocol";
import type { Grant, Schemas } from "../api/api";

export const USER_STATUSES = ["active", "locked", "suspended", "deactivated", "administrator"] as const satisfies readonly Schemas["UserStatus"][];
export type UserStatus = (typeof USER_STATUSES)[number];
export const LOG_LEVELS = ["error", "warn", "info", "debug", "trace"] as const satisfies readonly Schemas["LogLevel"][];
export type LogLevel = (typeof LOG_LEVELS)[number];
const NETWORK_TABS = ["reachability", "certificate"] as const;
export type NetworkTab = (typeof NETWORK_TABS)[number];

export interface PeopleFilter {
    readonly search: string;
    readonly status: UserStatus | null;
}

/** Empty: it does not matter. Days are `2026-03-05`. */
export interface JournalFilter {
    readonly actor: string;
    readonly noun: string;
    readonly target: string;
    readonly since: string;
    readonly until: string;
}

export interface LogFilter {
    readonly level: LogLevel;
    readonly search: string;
}

export type Route =
    | { readonly page: "dashboard" }
    | { readonly page: "people"; readonly filter: PeopleFilter }
    | { readonly page: "person"; readonly userId: string }
    | { readonly page: "import" }
    | { readonly page: "invites" }
    | { readonly page: "rooms"; readonly search: string }
    | { readonly page: "room"; readonly roomId: string }
    | { readonly page: "calls" }
    | { readonly page: "roles" }
    | { readonly page: "directories" }
    | { readonly page: "journal"; readonly filter: JournalFilter }
    | { readonly page: "settings"; readonly key: string | null }
    | { readonly page: "network"; readonly tab: NetworkTab }
    | { readonly page: "logs"; readonly filter: LogFilter }
    | { readonly page: "about" }
    | { readonly page: "missing" };

export type PageName = Route["page"];

/** What one must be granted for a page; null: every administrator has it. */
export const GRANT_OF: Readonly<Record<PageName, Grant | null>> = {
    dashboard: null,
    people: "users",
    person: "users",
    import: "users",
    invites: "users",
    rooms: "rooms",
    room: "rooms",
    calls: "rooms",
    roles: null,
    directories: "system",
    journal: null,
    settings: "system",
    network: "system",
    logs: "system",
    about: null,
    missing: null,
};

const BASE = "/admin/";

export const PEOPLE: Route = { page: "people", filter: { search: "", status: null } };
export const ROOMS: Route = { page: "rooms", search: "" };
export const WHOLE_JOURNAL: JournalFilter = { actor: "", noun: "", target: "", since: "", until: "" };
export const JOURNAL: Route = { page: "journal", filter: WHOLE_JOURNAL };
export const LOGS: Route = { page: "logs", filter: { level: "info", search: "" } };

const MISSING: Route = { page: "missing" };
const DAY = /^\d{4}-\d{2}-\d{2}$/;

function decoded(part: string): string | null {
    try {
        return decodeURIComponent(part);
    } catch {
        // Somebody's broken link.
        return null;
    }
}

const oneOf = <T extends string>(known: readonly T[], text: string | null): T | null => known.find((it) => it === text) ?? null;

function parseJournal(query: URLSearchParams): Route {
    const text = (name: keyof JournalFilter): string => query.get(name) ?? "";
    const day = (name: "since" | "until"): string => (DAY.test(text(name)) ? text(name) : "");
    const filter = { actor: text("actor"), noun: text("noun"), target: text("target"), since: day("since"), until: day("until") };
    return { page: "journal", filter };
}

/** A page of its own for each thing: `/people/@anna:x`. */
function parseThing(page: string, id: string, query: URLSearchParams): Route {
    if (page === "people" && id.startsWith("@")) return { page: "person", userId: id };
    if (page === "people" && id === "import") return { page: "import" };
    if (page === "rooms" && id.startsWith("!")) return { page: "room", roomId: id };
    const tab = oneOf(NETWORK_TABS, id);
    if (page === "network" && tab !== null) return { page, tab };
    return query.size === 0 && page === "settings" ? { page: "settings", key: id } : MISSING;
}

/** Reads an address. */
export function parse(pathname: string, search: string): Route {
    const query = new URLSearchParams(search);
    const [page = "", encoded, ...rest] = pathname.replace(/^\/admin\/?/, "").split("/");
    if (rest.some((part) => part !== "")) return MISSING;
    const id = encoded === undefined || encoded === "" ? null : decoded(encoded);
    if (id !== null) return parseThing(page, id, query);
    if (encoded !== undefined && encoded !== "") return MISSING;
    switch (page) {
        case "":
            return { page: "dashboard" };
        case "people":
            return { page, filter: { search: query.get("search") ?? "", status: oneOf(USER_STATUSES, query.get("status")) } };
        case "rooms":
            return { page, search: query.get("search") ?? "" };
        case "journal":
            return parseJournal(query);
        case "settings":
            return { page, key: null };
        case "network":
            return { page, tab: "reachability" };
        case "logs":
            return { page, filter: { level: oneOf(LOG_LEVELS, query.get("level")) ?? "info", search: query.get("search") ?? "" } };
        case "invites":
        case "calls":
        case "roles":
        case "directories":
        case "about":
            return { page };
        default:
            return MISSING;
    }
}

function address(path: string, query: Readonly<Record<string, string | null>> = {}): string {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value !== null && value !== "") asked.set(name, value);
    }
    const text = asked.toString();
    return BASE + path + (text === "" ? "" : `?${text}`);
}

/** Writes an address; `parse` reads it back. */
export function write(route: Route): string {
    switch (route.page) {
        case "dashboard":
            return BASE;
        case "people":
            return address("people", { ...route.filter });
        case "person":
            return address(`people/${encodeURIComponent(route.userId)}`);
        case "import":
            return address("people/import");
        case "rooms":
            return address("rooms", { search: route.search });
        case "room":
            return address(`rooms/${encodeURIComponent(route.roomId)}`);
        case "journal":
            return address("journal", { ...route.filter });
        case "settings":
            return address(route.key === null ? "settings" : `settings/${encodeURIComponent(route.key)}`);
        case "network":
            return address(`network/${route.tab}`);
        case "logs":
            return address("logs", { level: route.filter.level === "info" ? null : route.filter.level, search: route.filter.search });
        case "invites":
        case "calls":
        case "roles":
        case "directories":
        case "about":
            return address(route.page);
        case "missing":
            return address("missing");
    }
}

/** The browser's address, as far as the router needs it. */
export interface Place {
    readonly location: Pick<Location, "pathname" | "search">;
    readonly history: Pick<History, "replaceState" | "pushState">;
    addEventListener(name: "popstate", listener: () => void): void;
}

export class Router extends Store<Route> {
    readonly #place: Place;

    constructor(place: Place = window) {
        super(parse(place.location.pathname, place.location.search));
        this.#place = place;
        place.addEventListener("popstate", () => {
            this.publish(parse(place.location.pathname, place.location.search));
        });
    }

    /** Goes there; the former place is one step back. */
    go(route: Route): void {
        if (write(route) === write(this.getSnapshot())) return;
        this.#place.history.pushState(null, "", write(route));
        this.publish(route);
    }

    /** Goes there instead of where one is: a filter that is being typed is no step. */
    replace(route: Route): void {
        this.#place.history.replaceState(null, "", write(route));
        this.publish(route);
    }
}
