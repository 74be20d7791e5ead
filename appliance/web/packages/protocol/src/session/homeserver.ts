//! What is asked of the server before there is a session: plain requests, so that the page to sign in needs no SDK.

import { Problem, problemOf } from "../base/problem";
import { showPasskey } from "./passkeys";

/** How long one request may take. */
const REQUEST_MS_MAX = 30_000;

/** Who may make an account by themselves. */
export type RegistrationMode = "closed" | "token" | "open";

/** What came of showing a passkey. */
export interface PasskeyProof {
    readonly userId: string;
    /** Good once in place of a password, for a minute. */
    readonly proof: string;
}

/** A device that has been signed in. */
export interface SignedIn {
    readonly userId: string;
    readonly deviceId: string;
    readonly accessToken: string;
}

export interface Credentials {
    readonly user: string;
    readonly password: string;
    /** What the device is called in the list of sessions. */
    readonly deviceName: string;
    /** An existing device of the user, whose keys are still here. */
    readonly deviceId?: string;
}

export interface Registration {
    readonly username: string;
    readonly password: string;
    readonly deviceName: string;
    /** Needed when the mode is `token`. */
    readonly token?: string;
}

/** What waits for an account: unread messages that it wants to know of, and those that name it. */
export interface Waiting {
    readonly unread: number;
    readonly mentions: number;
}

interface UiaAnswer {
    readonly session?: string;
    readonly flows?: readonly { readonly stages: readonly string[] }[];
    readonly completed?: readonly string[];
}

type Json = Record<string, unknown>;

/** A thrown answer of the server. */
class Refused extends Error {
    readonly errcode: string | undefined;
    readonly httpStatus: number;
    readonly data: Json;

    constructor(httpStatus: number, data: Json) {
        super(typeof data.error === "string" ? data.error : `HTTP ${httpStatus}`);
        this.httpStatus = httpStatus;
        this.data = data;
        this.errcode = typeof data.errcode === "string" ? data.errcode : undefined;
    }
}

const NOTHING = { not_types: ["*"] };

/** Leaves nothing of a sync but the numbers of what is unread. */
const COUNTS = {
    presence: NOTHING,
    account_data: NOTHING,
    room: { timeline: { ...NOTHING, limit: 1 }, state: { ...NOTHING, lazy_load_members: true }, ephemeral: NOTHING, account_data: NOTHING },
};

interface CountsAnswer {
    readonly rooms?: {
        readonly join?: Readonly<Record<string, { readonly unread_notifications?: { notification_count?: number; highlight_count?: number } }>>;
        readonly invite?: Readonly<Record<string, unknown>>;
    };
}

function waitingOf({ rooms = {} }: CountsAnswer): Waiting {
    const counts = Object.values(rooms.join ?? {}).map((room) => room.unread_notifications ?? {});
    const sum = (numbers: readonly (number | undefined)[]) => numbers.reduce<number>((total, number) => total + (number ?? 0), 0);
    // Whoever is invited is asked something.
    const invites = Object.keys(rooms.invite ?? {}).length;
    return { unread: sum(counts.map((room) => room.notification_count)) + invites, mentions: sum(counts.map((room) => room.highlight_count)) };
}

const TOKEN_STAGE = "m.login.registration_token";

function signedIn(answer: Json): SignedIn {
    const { user_id: userId, device_id: deviceId, access_token: accessToken } = answer;
    if (typeof userId !== "string" || typeof deviceId !== "string" || typeof accessToken !== "string") {
        throw new Problem("server", { detail: "The answer to signing in is incomplete" });
    }
    return { userId, deviceId, accessToken };
}

function modeOf(answer: UiaAnswer): RegistrationMode {
    const stages = answer.flows?.flatMap((flow) => flow.stages) ?? [];
    if (stages.includes(TOKEN_STAGE)) return "token";
    return stages.every((stage) => stage === "m.login.dummy") ? "open" : "closed";
}

/** The server at this address, for those who have no session yet. */
export class Homeserver {
    /** `https://chat.example`, without a slash at the end. */
    readonly baseUrl: string;
    readonly #fetch: typeof fetch;

    constructor(baseUrl: string, fetchFn: typeof fetch = (...args) => globalThis.fetch(...args)) {
        this.baseUrl = baseUrl.replace(/\/+$/, "");
        this.#fetch = fetchFn;
    }

    /** Who may register. Asks with an empty request, which the server answers with what it would want. */
    async registrationMode(): Promise<RegistrationMode> {
        try {
            await this.#post("/_matrix/client/v3/register", {});
            return "open";
        } catch (error) {
            if (error instanceof Refused && error.httpStatus === 401) return modeOf(error.data);
            if (error instanceof Refused && error.httpStatus === 403) return "closed";
            // A missing name or password is refused only where one may register at all.
            if (error instanceof Refused && error.httpStatus === 400) return "open";
            throw problemOf(error);
        }
    }

    /** Signs a device in. */
    async login({ user, password, deviceName, deviceId }: Credentials): Promise<SignedIn> {
        const request = {
            type: "m.login.password",
            identifier: { type: "m.id.user", user: user.trim() },
            password,
            initial_device_display_name: deviceName,
            ...(deviceId === undefined ? {} : { device_id: deviceId }),
        };
        try {
            return signedIn(await this.#post("/_matrix/client/v3/login", request));
        } catch (error) {
            const problem = problemOf(error);
            throw problem.code === "forbidden" ? new Problem("wrongPassword", { cause: error }) : problem;
        }
    }

    /** The name under which this server's passkeys are made and shown; null: it has none. */
    async passkeyName(): Promise<string | null> {
        const { passkey_name: name } = await this.#request("GET", "/api/site/v1/about").catch((): Json => ({}));
        return typeof name === "string" ? name : null;
    }

    /** Lets an authenticator show a passkey, whosever it is. */
    async proveByPasskey(): Promise<PasskeyProof> {
        try {
            const { ceremony, options } = await this.#post("/api/site/v1/passkey/challenge", {});
            const credential = await showPasskey(options as Json);
            const { user_id: userId, proof } = await this.#post("/api/site/v1/passkey/proof", { ceremony, credential });
            if (typeof userId !== "string" || typeof proof !== "string") throw new Problem("server", { detail: "The answer to a passkey is incomplete" });
            return { userId, proof };
        } catch (error) {
            const problem = problemOf(error);
            // The question was too old, or the server has started anew: asked again, it goes well.
            throw problem.code === "notFound" ? new Problem("passkeyNotShown", { cause: error }) : problem;
        }
    }

    /** Makes an account and signs its first device in. */
    async register({ username, password, deviceName, token }: Registration): Promise<SignedIn> {
        const request = { username: username.trim(), password, initial_device_display_name: deviceName };
        let session: string | undefined;
        try {
            return signedIn(await this.#post("/_matrix/client/v3/register", request));
        } catch (error) {
            if (!(error instanceof Refused) || error.httpStatus !== 401) throw registrationProblem(error);
            session = (error.data as UiaAnswer).session;
        }
        const auth = token === undefined ? { type: "m.login.dummy" } : { type: TOKEN_STAGE, token: token.trim() };
        try {
            return signedIn(await this.#post("/_matrix/client/v3/register", { ...request, auth: { ...auth, session } }));
        } catch (error) {
            throw registrationProblem(error);
        }
    }

    /** Whether a name is free; throws a problem that says why it is not. */
    async checkName(username: string): Promise<void> {
        const query = new URLSearchParams({ username: username.trim() });
        try {
            await this.#request("GET", `/_matrix/client/v3/register/available?${query}`);
        } catch (error) {
            throw problemOf(error);
        }
    }

    /** Ends the device's session on the server. */
    async logout(accessToken: string): Promise<void> {
        await this.#request("POST", "/_matrix/client/v3/logout", {}, accessToken);
    }

    /**
     * What waits for somebody who does not look. Fails with `sessionEnded` if the server has ended this session for good.
     *
     * It asks as a client that knows nothing: with the position of an earlier sync it would say that the device has its
     * messages up to there, and the server would delete keys that nobody has read.
     */
    async waiting(accessToken: string): Promise<Waiting> {
        const query = new URLSearchParams({ filter: JSON.stringify(COUNTS), timeout: "0", set_presence: "offline" });
        try {
            return waitingOf(await this.#request("GET", `/_matrix/client/v3/sync?${query}`, undefined, accessToken));
        } catch (error) {
            throw problemOf(error);
        }
    }

    #post(path: string, body: Json): Promise<Json> {
        return this.#request("POST", path, body);
    }

    async #request(method: string, path: string, body?: Json, accessToken?: string): Promise<Json> {
        const headers: Record<string, string> = {};
        if (body) headers["Content-Type"] = "application/json";
        if (accessToken) headers.Authorization = `Bearer ${accessToken}`;
        const response = await this.#fetch(`${this.baseUrl}${path}`, {
            method,
            headers,
            body: body ? JSON.stringify(body) : null,
            signal: AbortSignal.timeout(REQUEST_MS_MAX),
            cache: "no-store",
        });
        const data = (await response.json().catch(() => ({}))) as Json;
        if (!response.ok) throw new Refused(response.status, data);
        return data;
    }
}

function registrationProblem(error: unknown): Problem {
    if (error instanceof Refused && (error.httpStatus === 401 || error.httpStatus === 403)) {
        // 401 again: the stage was not accepted. 403 before any stage: nobody may register.
        const code = error.httpStatus === 401 || /token/i.test(error.message) ? "registrationToken" : "registrationClosed";
        return new Problem(code, { detail: error.message, cause: error });
    }
    return problemOf(error);
}
