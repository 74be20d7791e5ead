/** Where in the application somebody is: the part of the address behind the `#`. A store; views draw what it says. */
import { Store } from "@veche/protocol";

/** What stands beside a room. */
export type Panel =
    | { readonly kind: "info" | "members" | "threads" | "pinned" }
    | { readonly kind: "thread"; readonly rootId: string; readonly eventId: string | null }
    | { readonly kind: "person"; readonly userId: string };

export const SETTINGS_TABS = ["profile", "appearance", "notifications", "privacy", "encryption", "devices", "about"] as const;
export type SettingsTab = (typeof SETTINGS_TABS)[number];

export type Route =
    | { readonly page: "home" }
    /** With the token of an invitation link, or without. */
    | { readonly page: "register"; readonly token: string | null }
    /** With the token of a link for guests. */
    | { readonly page: "meet"; readonly token: string }
    | { readonly page: "room"; readonly roomId: string; readonly eventId: string | null; readonly panel: Panel | null }
    /** A link by alias (`#general:chat.example`), which is looked up. */
    | { readonly page: "alias"; readonly alias: string }
    | { readonly page: "settings"; readonly tab: SettingsTab };

const HOME: Route = { page: "home" };

function decoded(part: string | undefined): string | null {
    if (part === undefined || part === "") return null;
    try {
        return decodeURIComponent(part);
    } catch {
        // Somebody's broken link: the page it would have led to does not exist.
        return null;
    }
}

function parsePanel(text: string | null): Panel | null {
    if (text === null) return null;
    const [kind, id, eventId] = text.split(" ");
    switch (kind) {
        case "info":
        case "members":
        case "threads":
        case "pinned":
            return { kind };
        case "thread":
            return id?.startsWith("$") ? { kind, rootId: id, eventId: eventId?.startsWith("$") ? eventId : null } : null;
        case "person":
            return id?.startsWith("@") ? { kind, userId: id } : null;
        case undefined:
        default:
            return null;
    }
}

function writePanel(panel: Panel): string {
    switch (panel.kind) {
        case "thread":
            return [panel.kind, panel.rootId, panel.eventId].filter((part) => part !== null).join(" ");
        case "person":
            return `${panel.kind} ${panel.userId}`;
        case "info":
        case "members":
        case "threads":
        case "pinned":
            return panel.kind;
    }
}

/** Reads what follows the `#`; what it does not understand is home. */
export function parse(hash: string): Route {
    const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
    const [, page, first, second] = path.split("/");
    switch (page) {
        case "register":
            return { page, token: null };
        case "invite":
            return { page: "register", token: decoded(first) };
        case "meet": {
            const token = decoded(first);
            return token === null ? HOME : { page, token };
        }
        case "settings": {
            const tab = SETTINGS_TABS.find((known) => known === first);
            return { page, tab: tab ?? "profile" };
        }
        case "room": {
            const roomId = decoded(first);
            if (roomId?.startsWith("#")) return { page: "alias", alias: roomId };
            if (!roomId?.startsWith("!")) return HOME;
            const panel = parsePanel(new URLSearchParams(query).get("panel"));
            return { page, roomId, eventId: decoded(second), panel };
        }
        case undefined:
        default:
            return HOME;
    }
}

/** Writes a place down; `parse` reads it back. */
export function write(route: Route): string {
    switch (route.page) {
        case "home":
            return "#/";
        case "register":
            return route.token === null ? "#/register" : `#/invite/${encodeURIComponent(route.token)}`;
        case "meet":
            return `#/meet/${encodeURIComponent(route.token)}`;
        case "settings":
            return `#/settings/${route.tab}`;
        case "alias":
            return `#/room/${encodeURIComponent(route.alias)}`;
        case "room": {
            const event = route.eventId === null ? "" : `/${encodeURIComponent(route.eventId)}`;
            const panel = route.panel === null ? "" : `?${new URLSearchParams({ panel: writePanel(route.panel) }).toString()}`;
            return `#/room/${encodeURIComponent(route.roomId)}${event}${panel}`;
        }
    }
}

/** The browser's address, as far as the router needs it. */
interface Place {
    readonly location: Pick<Location, "hash">;
    readonly history: Pick<History, "replaceState" | "pushState" | "back">;
    addEventListener(name: "hashchange" | "popstate", listener: () => void): void;
}

export class Router extends Store<Route> {
    readonly #place: Place;

    constructor(place: Place = window) {
        super(parse(place.location.hash));
        this.#place = place;
        const look = () => {
            this.#look();
        };
        place.addEventListener("hashchange", look);
        place.addEventListener("popstate", look);
    }

    /** Goes there; the former place is one step back. */
    go(route: Route): void {
        if (write(route) === write(this.getSnapshot())) return;
        this.#place.history.pushState(null, "", write(route));
        this.publish(route);
    }

    /** Goes there instead of where one is. */
    replace(route: Route): void {
        this.#place.history.replaceState(null, "", write(route));
        this.publish(route);
    }

    room(roomId: string, eventId: string | null = null): void {
        this.go({ page: "room", roomId, eventId, panel: null });
    }

    /** Opens something beside the room, or closes it. */
    panel(panel: Panel | null): void {
        const route = this.getSnapshot();
        if (route.page !== "room") return;
        // Closing is going back to the room, not one more step.
        if (panel === null) this.replace({ ...route, panel });
        else this.go({ ...route, panel });
    }

    #look(): void {
        const now = parse(this.#place.location.hash);
        if (write(now) !== write(this.getSnapshot())) this.publish(now);
    }
}
