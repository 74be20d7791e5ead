//! What is asked of the server by somebody who has nothing but a link: plain requests, before there is a session.

import type { components } from "../api/meetings_schema";
import { Problem, problemOf } from "../base/problem";
import type { SignedIn } from "../session/homeserver";

const API = "/api/meetings/v1/guest";
const REQUEST_MS_MAX = 30_000;

/** What a link leads to. Who is there is not told. */
export interface Invitation {
    /** What the company is called, if it has said so. */
    readonly organisation: string | null;
    readonly title: string;
    readonly pin: boolean;
    /** Somebody has to let one in. */
    readonly lobby: boolean;
    readonly full: boolean;
    readonly expiresMs: number;
}

/** A guest's session, and the one room that it is for. */
export interface GuestSession extends SignedIn {
    readonly roomId: string;
}

/** Why nobody comes in; the server's words for it. */
const DOOR_REASONS = ["unknown", "expired", "ended", "full", "wrong_pin", "name", "crowded", "refused", "no_host", "not_waiting"] as const;
export type DoorReason = (typeof DOOR_REASONS)[number];

/** The server says why it does not let somebody in. */
export class NotLetIn extends Error {
    readonly reason: DoorReason;

    constructor(reason: DoorReason) {
        super(reason);
        this.name = "NotLetIn";
        this.reason = reason;
    }
}

type Json = Record<string, unknown>;

/** What the server says it answers with; what it really has answered with is looked at. */
type Told = components["schemas"];
type Unsure<T> = { readonly [K in keyof T]?: unknown };

const reasonOf = (answer: Json): DoorReason | null => DOOR_REASONS.find((known) => known === answer["reason"]) ?? null;

export class Door {
    readonly baseUrl: string;
    readonly #fetch: typeof fetch;

    constructor(baseUrl: string, fetchFn: typeof fetch = (...args) => globalThis.fetch(...args)) {
        this.baseUrl = baseUrl.replace(/\/+$/, "");
        this.#fetch = fetchFn;
    }

    async about(token: string): Promise<Invitation> {
        const answer: Unsure<Told["MeetingForGuests"]> = await this.#post("about", { token } satisfies Told["LinkToken"]);
        const { organisation, title, pin, lobby, full, expires_ms: expiresMs } = answer;
        if (typeof title !== "string" || typeof expiresMs !== "number") throw new Problem("server");
        return {
            organisation: typeof organisation === "string" ? organisation : null,
            title,
            pin: pin === true,
            lobby: lobby === true,
            full: full === true,
            expiresMs,
        };
    }

    /** Asks to be let in; the ticket is for `wait`. */
    async knock(token: string, name: string, pin: string | null): Promise<string> {
        const wish: Told["Knock"] = { token, name, ...(pin === null ? {} : { pin }) };
        const { ticket }: Unsure<Told["Ticket"]> = await this.#post("knock", wish);
        if (typeof ticket !== "string") throw new Problem("server");
        return ticket;
    }

    /** Waits for a while; null: nobody has said anything yet. */
    async wait(ticket: string, signal: AbortSignal): Promise<GuestSession | null> {
        const { session }: Unsure<Told["Waited"]> = await this.#post("wait", { ticket } satisfies Told["Ticket"], signal);
        if (typeof session !== "object" || session === null) return null;
        const { user_id: userId, device_id: deviceId, access_token: accessToken, room_id: roomId } = session as Unsure<Told["GuestSession"]>;
        if (typeof userId !== "string" || typeof deviceId !== "string" || typeof accessToken !== "string" || typeof roomId !== "string") {
            throw new Problem("server");
        }
        return { userId, deviceId, accessToken, roomId };
    }

    /** Tells the server that the guest has gone, also while the page is being closed. */
    leave(accessToken: string): void {
        const headers = { "Content-Type": "application/json", Authorization: `Bearer ${accessToken}` };
        // If it does not arrive, the server misses him soon.
        this.#fetch(`${this.baseUrl}/_matrix/client/v3/logout`, { method: "POST", headers, body: "{}", keepalive: true }).catch(() => undefined);
    }

    /** Tells the server that the guest's page is there, or is on its way out: who is not back soon has gone. */
    page(accessToken: string, page: string, open: boolean): void {
        const headers = { "Content-Type": "application/json", Authorization: `Bearer ${accessToken}` };
        const body = JSON.stringify({ page, open } satisfies Told["GuestPage"]);
        // If it does not arrive, the server misses him later.
        this.#fetch(`${this.baseUrl}${API}/page`, { method: "POST", headers, body, keepalive: true }).catch(() => undefined);
    }

    /** Whether a session of an earlier time is good still. */
    async lives(accessToken: string): Promise<boolean> {
        const headers = { Authorization: `Bearer ${accessToken}` };
        const response = await this.#fetch(`${this.baseUrl}/_matrix/client/v3/account/whoami`, { headers, cache: "no-store", signal: AbortSignal.timeout(REQUEST_MS_MAX) });
        if (response.status === 401 || response.status === 403) return false;
        if (response.ok) return true;
        throw problemOf(Object.assign(new Error(`HTTP ${response.status}`), { httpStatus: response.status }));
    }

    async #post(verb: string, body: object, signal?: AbortSignal): Promise<Json> {
        const late = AbortSignal.timeout(REQUEST_MS_MAX);
        const response = await this.#fetch(`${this.baseUrl}${API}/${verb}`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(body),
            signal: signal ? AbortSignal.any([signal, late]) : late,
            cache: "no-store",
            referrerPolicy: "no-referrer",
        });
        const answer = (await response.json().catch(() => ({}))) as Json;
        if (response.ok) return answer;
        const reason = reasonOf(answer);
        if (reason !== null) throw new NotLetIn(reason);
        throw problemOf(Object.assign(new Error(`HTTP ${response.status}`), { errcode: answer["errcode"], httpStatus: response.status, data: answer }));
    }
}
