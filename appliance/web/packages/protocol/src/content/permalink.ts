//! Links to people, rooms and messages, as all Matrix clients understand them (spec appendix "matrix.to navigation").

const BASE = "https://matrix.to/#/";

export type Target =
    | { readonly kind: "user"; readonly userId: string }
    | { readonly kind: "room"; readonly roomId: string; readonly eventId: string | null };

export const userLink = (userId: string): string => `${BASE}${encodeURIComponent(userId)}`;

export function roomLink(roomId: string, eventId: string | null = null, via: readonly string[] = []): string {
    const event = eventId === null ? "" : `/${encodeURIComponent(eventId)}`;
    const servers = via.map((server) => `via=${encodeURIComponent(server)}`).join("&");
    return `${BASE}${encodeURIComponent(roomId)}${event}${servers ? `?${servers}` : ""}`;
}

function decoded(part: string | undefined): string | null {
    if (!part) return null;
    try {
        return decodeURIComponent(part);
    } catch {
        return null;
    }
}

/** What such a link leads to; null for every other link. */
export function parseLink(href: string): Target | null {
    if (!href.startsWith(BASE)) return null;
    const [path = ""] = href.slice(BASE.length).split("?");
    const [first, second] = path.split("/");
    const id = decoded(first);
    if (id?.startsWith("@")) return { kind: "user", userId: id };
    if (id?.startsWith("!") || id?.startsWith("#")) return { kind: "room", roomId: id, eventId: decoded(second) };
    return null;
}
