//! The server's API for administrators: requests by their paths, typed by what the server says of itself.

import type { paths as AccountPaths } from "./account_schema";
import type { components, paths as AdminPaths } from "./schema";

/** How long one request may take; a reachability report waits for packets that may be lost. */
const REQUEST_MS_MAX = 60_000;

/** Where the fresh proof of the password goes. */
const PROOF_HEADER = "X-Veche-Reauth";

/** What administrators ask, and what everybody asks about the own account. */
type paths = AdminPaths & AccountPaths;

export type Schemas = components["schemas"];
export type Grant = Schemas["Grant"];
export type Role = Schemas["Role"];
export type User = Schemas["User"];

type Method = "get" | "post" | "put" | "delete";
type PathOf<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];
type OperationOf<M extends Method, P extends keyof paths> = paths[P][M];

type OfPath<O> = O extends { parameters: { path: infer X } } ? { readonly path: X } : object;
type OfQuery<O> = O extends { parameters: { query?: infer X } } ? { readonly query?: X } : object;
type OfBody<O> = O extends { requestBody: { content: { "application/json": infer X } } } ? { readonly body: X } : object;
type OfProof<O> = O extends { parameters: { header: object } } ? { readonly proof: string } : { readonly proof?: string | undefined };

/** What an operation is asked with. */
export type Asked<M extends Method, P extends keyof paths> = OfPath<OperationOf<M, P>> &
    OfQuery<OperationOf<M, P>> &
    OfBody<OperationOf<M, P>> &
    OfProof<OperationOf<M, P>> & { readonly signal?: AbortSignal };

/** What it answers with. */
export type Answer<M extends Method, P extends keyof paths> =
    OperationOf<M, P> extends { responses: { 200: { content: infer C } } } ? C[keyof C] : never;

/** Reasons that speak of what somebody may do, and not of what was asked for. */
const OF_GRANTS: ReadonlySet<string> = new Set(["grant_needed", "not_administrator"]);

/** All that may be asked, whatever the operation. */
interface Loose {
    readonly path?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, unknown>>;
    readonly body?: unknown;
    readonly proof?: string;
    readonly signal?: AbortSignal;
}

type Json = Readonly<Record<string, unknown>>;

/** An answer that says no, in the shape in which `problemOf` reads it. */
export class Refused extends Error {
    readonly httpStatus: number;
    readonly errcode: string | undefined;
    /** A stable word, where pages tell cases apart. */
    readonly reason: string | undefined;
    /** The whole answer: parameters stand beside the reason. */
    readonly data: Json;

    constructor(httpStatus: number, data: Json) {
        super(typeof data["error"] === "string" ? data["error"] : `HTTP ${httpStatus}`);
        this.name = "Refused";
        this.httpStatus = httpStatus;
        this.data = data;
        this.errcode = typeof data["errcode"] === "string" ? data["errcode"] : undefined;
        this.reason = typeof data["reason"] === "string" ? data["reason"] : undefined;
    }
}

/** Whether it was refused for this reason. */
export const isRefused = (thrown: unknown, reason: string): thrown is Refused =>
    thrown instanceof Refused && thrown.reason === reason;

export interface ApiParts {
    readonly baseUrl: string;
    /** The token of the session; null: there is none. */
    readonly token: () => string | null;
    /** The server does not know the token any more. */
    readonly onEnded: () => void;
    /** What somebody was thought to be allowed is not: the grants have changed. */
    readonly onGrantsChanged: () => void;
    readonly fetch?: typeof fetch;
}

/** Asks the server. What it refuses is thrown as [`Refused`]. */
export class Api {
    readonly #parts: ApiParts;

    constructor(parts: ApiParts) {
        this.#parts = parts;
    }

    get<P extends PathOf<"get">>(path: P, asked: Asked<"get", P>): Promise<Answer<"get", P>> {
        return this.#ask("GET", path, asked);
    }

    post<P extends PathOf<"post">>(path: P, asked: Asked<"post", P>): Promise<Answer<"post", P>> {
        return this.#ask("POST", path, asked);
    }

    put<P extends PathOf<"put">>(path: P, asked: Asked<"put", P>): Promise<Answer<"put", P>> {
        return this.#ask("PUT", path, asked);
    }

    delete<P extends PathOf<"delete">>(path: P, asked: Asked<"delete", P>): Promise<Answer<"delete", P>> {
        return this.#ask("DELETE", path, asked);
    }

    async #ask<T>(method: string, template: string, { path, query, body, proof, signal }: Loose): Promise<T> {
        const token = this.#parts.token();
        const ask = this.#parts.fetch ?? globalThis.fetch.bind(globalThis);
        const limit = AbortSignal.timeout(REQUEST_MS_MAX);
        const response = await ask(this.#parts.baseUrl + addressOf(template, path, query), {
            method,
            headers: {
                ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
                ...(body === undefined ? {} : { "Content-Type": "application/json" }),
                ...(proof === undefined ? {} : { [PROOF_HEADER]: proof }),
            },
            body: body === undefined ? null : JSON.stringify(body),
            signal: signal ? AbortSignal.any([signal, limit]) : limit,
            cache: "no-store",
        });
        if (response.ok) {
            const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
            return (await (isJson ? response.json() : response.text())) as T;
        }
        const refused = new Refused(response.status, (await response.json().catch(() => ({}))) as Json);
        if (refused.httpStatus === 401 && token !== null) this.#parts.onEnded();
        if (refused.reason !== undefined && OF_GRANTS.has(refused.reason)) this.#parts.onGrantsChanged();
        throw refused;
    }
}

/** The template with its arguments, and the query without what is not asked for. Pure. */
export function addressOf(template: string, path: Loose["path"] = {}, query: Loose["query"] = {}): string {
    const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ""));
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (typeof value === "string" || typeof value === "number") asked.set(name, String(value));
    }
    const text = asked.toString();
    return text === "" ? filled : `${filled}?${text}`;
}
