//! Between the SDK and the network: what the server answers about history is kept, and given again when there is no network.

import type { Archive, Context, Messages } from "./archive";
import { localAnchor } from "./room_history";
import type { Shelf } from "./shelf";

/** Events of a page where the request does not say how many. */
const PAGE_EVENTS = 10;

const ROOM = /^\/_matrix\/client\/v[13]\/rooms\/([^/]+)\/(messages|context|event)(?:\/([^/]+))?$/;

/** Other answers without which pages would lack something: kept as they are, each under its address. */
const KEPT = /^\/_matrix\/client\/(?:versions|v3\/(?:pushrules\/|profile\/|capabilities$|rooms\/[^/]+\/(?:threads|relations))|v1\/rooms\/[^/]+\/(?:threads|relations))/;

type Fetch = typeof fetch;

/** What a request is about, if its answer is kept. */
type Plan =
    | { readonly kind: "messages"; readonly roomId: string; readonly back: boolean; readonly from: string | null; readonly max: number }
    | { readonly kind: "context"; readonly roomId: string; readonly eventId: string; readonly max: number }
    | { readonly kind: "event"; readonly eventId: string }
    | { readonly kind: "kept"; readonly name: string };

/** Whether a filter leaves no events out. */
function isWhole(filter: string | null): boolean {
    if (filter === null) return true;
    try {
        return Object.keys(JSON.parse(filter) as object).every((field) => field === "lazy_load_members" || field === "limit");
    } catch {
        return false;
    }
}

export function planOf(url: URL): Plan | null {
    const [, room, kind, event] = ROOM.exec(url.pathname) ?? [];
    const query = url.searchParams;
    if (room === undefined) return KEPT.test(url.pathname) ? { kind: "kept", name: url.pathname + url.search } : null;
    const roomId = decodeURIComponent(room);
    if (kind === "event" && event !== undefined) return { kind, eventId: decodeURIComponent(event) };
    if (!isWhole(query.get("filter"))) return null;
    const max = Number(query.get("limit") ?? PAGE_EVENTS);
    if (kind === "context" && event !== undefined) return { kind, roomId, eventId: decodeURIComponent(event), max };
    if (kind !== "messages" || query.has("to")) return null;
    return { kind, roomId, back: query.get("dir") !== "f", from: query.get("from"), max };
}

/** A `fetch` for the SDK. */
export function offlineFetch(archive: Archive, answers: Shelf, network: Fetch): Fetch {
    const kept = async (plan: Plan): Promise<object | null> => {
        switch (plan.kind) {
            case "messages":
                return plan.from === null ? null : archive.messages(plan.roomId, plan.back, plan.from, plan.max);
            case "context":
                return archive.context(plan.roomId, plan.eventId, plan.max);
            case "event":
                return archive.event(plan.eventId);
            case "kept": {
                const bytes = await answers.get(plan.name);
                return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as object);
            }
        }
    };
    const keep = async (plan: Plan, response: Response): Promise<void> => {
        switch (plan.kind) {
            case "messages":
                return archive.paged(plan.roomId, plan.back, plan.from, (await response.json()) as Messages);
            case "context":
                return archive.found(plan.roomId, (await response.json()) as Context);
            case "event":
                // Without its neighbors its place is not known, and it comes again with them.
                return;
            case "kept":
                return answers.put(plan.name, new Uint8Array(await response.arrayBuffer()));
        }
    };
    return async (input, init) => {
        const address = typeof input === "string" ? input : input instanceof URL ? input.href : input.url;
        const plan = (init?.method ?? "GET") === "GET" ? planOf(new URL(address, globalThis.location.href)) : null;
        if (!plan) return network(input, init);
        let response: Response;
        try {
            response = await network(await withServerToken(address, plan, init, network), init);
        } catch (error) {
            const answer = init?.signal?.aborted === true ? null : await kept(plan).catch(() => null);
            if (answer) return Response.json(answer);
            throw error;
        }
        if (response.ok) void keep(plan, response.clone()).catch(() => undefined);
        return response;
    };
}

/** A position that was named here, without a network, as the server names it. */
async function withServerToken(address: string, plan: Plan, init: RequestInit | undefined, network: Fetch): Promise<string> {
    const anchor = plan.kind === "messages" && plan.from !== null ? localAnchor(plan.from) : null;
    if (!anchor || plan.kind !== "messages") return address;
    const url = new URL(address);
    const context = new URL(url.pathname.replace(/messages$/, `context/${encodeURIComponent(anchor.id)}`), url);
    context.searchParams.set("limit", "0");
    const response = await network(context.href, init);
    if (!response.ok) return address;
    const { start, end } = (await response.json()) as Context;
    const token = anchor.side === "before" ? start : end;
    if (token !== undefined) url.searchParams.set("from", token);
    return url.href;
}
