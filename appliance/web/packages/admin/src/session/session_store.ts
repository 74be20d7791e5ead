//! Who is signed in to the console. It is a session of its own, apart from the chat client's: a device that is named so,
//! that ends when somebody signs out or walks away, and whose token does not outlive the browser's window.

import { type Homeserver, Problem, Store, type PasskeyProof, passkeysWorkHere, problemOf, withCode } from "@veche/protocol";
import { Api, type Grant, Refused, type Schemas } from "../api/api";

export type Me = Schemas["Me"];

/** A device that has been signed in. */
export interface Session {
    readonly userId: string;
    readonly deviceId: string;
    readonly accessToken: string;
}

/** Why nobody is signed in. */
export type SignedOutReason = "never" | "left" | "idle" | "ended";

export type SessionState =
    | { readonly phase: "starting" }
    | { readonly phase: "signedOut"; readonly reason: SignedOutReason }
    /** Signed in, but no administrator; the device has been signed out again. */
    | { readonly phase: "denied"; readonly userId: string }
    | { readonly phase: "failed"; readonly problem: Problem }
    | { readonly phase: "ready"; readonly me: Me };

/** What tabs of the console tell one another. */
export type Message =
    | { readonly kind: "asks" }
    | { readonly kind: "has"; readonly session: Session }
    | { readonly kind: "active" }
    | { readonly kind: "left" };

/** The other tabs of the console in this browser. */
export interface Tabs {
    send(message: Message): void;
    listen(listener: (message: Message) => void): void;
}

/** Where words are kept: of the tab, and of the browser. */
type Words = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface SessionParts {
    readonly homeserver: Homeserver;
    /** Makes the API for a session's token. */
    readonly fetch?: typeof fetch;
    /** Ends with the tab: here the token lies while the page is loaded anew. */
    readonly tabStorage: Words;
    /** Stays: here lies the name of the device, so that the next sign-in does not leave one more behind. */
    readonly browserStorage: Words;
    readonly tabs: Tabs;
    readonly deviceName: () => string;
    readonly now?: () => number;
}

const SESSION = "veche.console.session";
const DEVICE = "veche.console.device";
/** How long other tabs may take to say that they have a session. */
const TABS_ANSWER_MS = 150;
/** Who has touched nothing for this long has left. */
export const IDLE_MS = 30 * 60 * 1_000;
/** Other tabs are told that somebody is there this often. */
const ACTIVE_EVERY_MS = 60 * 1_000;
/** A proof that ends within this time is not used any more. */
const PROOF_SLACK_MS = 10 * 1_000;

export class SessionStore extends Store<SessionState> {
    readonly api: Api;
    readonly #parts: SessionParts;
    readonly #now: () => number;
    #session: Session | null = null;
    #proof: { readonly text: string; readonly endsMs: number } | null = null;
    #idle: ReturnType<typeof setTimeout> | null = null;
    #toldActiveMs = 0;

    constructor(parts: SessionParts) {
        super({ phase: "starting" });
        this.#parts = parts;
        this.#now = parts.now ?? Date.now;
        this.api = new Api({
            baseUrl: parts.homeserver.baseUrl,
            token: () => this.#session?.accessToken ?? null,
            onEnded: () => {
                this.#forget("ended");
            },
            onGrantsChanged: () => {
                if (this.getSnapshot().phase === "ready") void this.#open();
            },
            ...(parts.fetch ? { fetch: parts.fetch } : {}),
        });
        parts.tabs.listen((message) => {
            this.#hear(message);
        });
    }

    /** Looks for a session: this tab's own from before it was loaded anew, or another tab's. */
    async begin(): Promise<void> {
        const kept = this.#kept();
        if (kept !== null) {
            this.#session = kept;
            await this.#open();
            return;
        }
        this.#parts.tabs.send({ kind: "asks" });
        await new Promise((resolve) => setTimeout(resolve, TABS_ANSWER_MS));
        if (this.getSnapshot().phase === "starting" && this.#session === null) this.publish({ phase: "signedOut", reason: "never" });
    }

    /** Signs in; a problem is thrown for the form to tell. */
    async signIn(user: string, password: string, code = ""): Promise<void> {
        const before = this.#deviceOf(user);
        const signedIn = await this.#parts.homeserver.login({
            user,
            password: withCode(password, code),
            deviceName: this.#parts.deviceName(),
            ...(before === null ? {} : { deviceId: before }),
        });
        this.#session = signedIn;
        this.#keep(signedIn);
        await this.#open();
    }

    /** Whether passkeys are made and shown on this page. */
    async passkeysHere(): Promise<boolean> {
        return passkeysWorkHere(await this.#parts.homeserver.passkeyName());
    }

    /** Shows a passkey, whose proof stands for the password. */
    proveByPasskey(): Promise<PasskeyProof> {
        return this.#parts.homeserver.proveByPasskey();
    }

    /** Tries again after the server could not be reached. */
    async retry(): Promise<void> {
        if (this.#session === null) this.publish({ phase: "signedOut", reason: "never" });
        else await this.#open();
    }

    /** Asks anew what one may do, after something about the own account has changed. */
    async refresh(): Promise<void> {
        await this.#open();
    }

    /** Ends the session, on the server too. What cannot be told to the server is forgotten here all the same. */
    async signOut(reason: SignedOutReason = "left"): Promise<void> {
        const session = this.#session;
        this.#forget(reason);
        this.#parts.tabs.send({ kind: "left" });
        if (session) await this.#parts.homeserver.logout(session.accessToken).catch(() => undefined);
    }

    /** Somebody has touched something: a key, the mouse. */
    touch(): void {
        if (this.#session === null) return;
        this.#wait();
        const now = this.#now();
        if (now - this.#toldActiveMs < ACTIVE_EVERY_MS) return;
        this.#toldActiveMs = now;
        this.#parts.tabs.send({ kind: "active" });
    }

    /** The proof that the password was shown a moment ago; null: it must be shown again. */
    freshProof(): string | null {
        return this.#proof !== null && this.#proof.endsMs - PROOF_SLACK_MS > this.#now() ? this.#proof.text : null;
    }

    /** Shows the password again, with the code of the authenticator app, if there is a second factor. */
    async prove(password: string, code = ""): Promise<string> {
        const body = { password: withCode(password, code) };
        const { proof, expires_in_ms: lasts } = await this.api.post("/api/admin/v1/reauth", { body });
        this.#proof = { text: proof, endsMs: this.#now() + lasts };
        return proof;
    }

    /** The server did not take the proof. */
    dropProof(): void {
        this.#proof = null;
    }

    async #open(): Promise<void> {
        const session = this.#session;
        if (session === null) return;
        try {
            const me = await this.api.get("/api/admin/v1/me", {});
            if (this.#session !== session) return;
            this.#wait();
            this.publish({ phase: "ready", me });
        } catch (thrown) {
            // A token that is not known any more has been forgotten by now.
            if (this.#session !== session) return;
            if (thrown instanceof Refused && thrown.httpStatus === 403) {
                await this.signOut();
                this.publish({ phase: "denied", userId: session.userId });
                return;
            }
            this.publish({ phase: "failed", problem: problemOf(thrown) });
        }
    }

    #hear(message: Message): void {
        switch (message.kind) {
            case "asks":
                if (this.#session) this.#parts.tabs.send({ kind: "has", session: this.#session });
                break;
            case "has":
                if (this.#session !== null || this.getSnapshot().phase === "ready") break;
                this.#session = message.session;
                this.#keep(message.session);
                void this.#open();
                break;
            case "active":
                if (this.#session) this.#wait();
                break;
            case "left":
                if (this.#session) this.#forget("left");
                break;
        }
    }

    #wait(): void {
        if (this.#idle !== null) clearTimeout(this.#idle);
        this.#idle = setTimeout(() => void this.signOut("idle"), IDLE_MS);
    }

    #forget(reason: SignedOutReason): void {
        if (this.#idle !== null) clearTimeout(this.#idle);
        this.#session = null;
        this.#proof = null;
        this.#parts.tabStorage.removeItem(SESSION);
        this.publish({ phase: "signedOut", reason });
    }

    #keep(session: Session): void {
        this.#parts.tabStorage.setItem(SESSION, JSON.stringify(session));
        this.#parts.browserStorage.setItem(DEVICE, JSON.stringify({ userId: session.userId, deviceId: session.deviceId }));
    }

    #kept(): Session | null {
        const kept = parsed(this.#parts.tabStorage.getItem(SESSION));
        const { userId, deviceId, accessToken } = kept;
        const whole = typeof userId === "string" && typeof deviceId === "string" && typeof accessToken === "string";
        return whole ? { userId, deviceId, accessToken } : null;
    }

    /** The device that this browser's console had the last time, if it was this person's. */
    #deviceOf(user: string): string | null {
        const { userId, deviceId } = parsed(this.#parts.browserStorage.getItem(DEVICE));
        if (typeof userId !== "string" || typeof deviceId !== "string") return null;
        const typed = user.trim().toLowerCase();
        return typed === userId || typed.replace(/^@/, "") === userId.slice(1).split(":")[0] ? deviceId : null;
    }
}

function parsed(text: string | null): Readonly<Record<string, unknown>> {
    try {
        const value: unknown = JSON.parse(text ?? "{}");
        return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
    } catch {
        return {};
    }
}

/** Why the code of the second factor was not taken; null: it was about something else. Pure. */
export function codeTrouble(thrown: unknown): "code_needed" | "wrong_code" | "code_used" | null {
    const refusal: unknown = thrown instanceof Problem ? thrown.cause : thrown;
    const data = typeof refusal === "object" && refusal !== null && "data" in refusal ? (refusal.data as { reason?: unknown } | null) : null;
    const reason = data?.reason;
    return reason === "code_needed" || reason === "wrong_code" || reason === "code_used" ? reason : null;
}

/** Whether an administrator has a grant. Owners have all, as the server tells. */
export const may = (me: Me, grant: Grant): boolean => me.grants.includes(grant);
