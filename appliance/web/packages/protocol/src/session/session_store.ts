//! Who is signed in here, from opening the page to signing out. It starts and ends everything else.

import { Problem, type ProblemCode, problemOf } from "../base/problem";
import { Cell, Store } from "../base/store";
import { type ListSnapshot, readListSnapshot } from "../rooms/list_snapshot";
import type { Credentials, Homeserver, Registration, SignedIn, Waiting } from "./homeserver";
import type { Profile, Profiles } from "./profiles";
import type { Session, SessionKeeper } from "./session_keeper";
import type { TabLeader } from "./tab_leader";

/** What a browser may lack. */
export type Missing = "secureContext" | "database" | "locks" | "crypto";

/** What opening a session waits for. */
export type LoadingStep = "code" | "stores" | "keys" | "sync";

/** Why nobody is signed in; `adding`: somebody is, and signs in with one more account. */
export type SignedOutReason = "never" | "signedOut" | "endedElsewhere" | "adding";

/** The accounts of this device; the active one is the one that is open, or was open last. */
export interface ProfileList {
    readonly profiles: readonly Profile[];
    readonly active: string | null;
}

/** What is known of the accounts that are not open. */
interface Others {
    readonly waiting: ReadonlyMap<string, Waiting>;
    /** Those that were signed out from elsewhere, and are forgotten. */
    readonly ended: readonly Profile[];
}

export type SessionState<E> =
    | { readonly phase: "starting" }
    | { readonly phase: "unsupported"; readonly missing: Missing }
    /** Another tab of this browser works with the session. */
    | { readonly phase: "elsewhere"; readonly takingOver: boolean }
    | { readonly phase: "signedOut"; readonly reason: SignedOutReason }
    /** `list`: the rooms as they were at the last visit, if that is known; they are shown meanwhile. */
    | { readonly phase: "loading"; readonly userId: string; readonly step: LoadingStep; readonly list: ListSnapshot | null }
    | { readonly phase: "ready"; readonly userId: string; readonly engine: E }
    /** The session needs its password again (or is locked); keys and drafts are still here. */
    | { readonly phase: "expired"; readonly userId: string; readonly why: "expired" | "locked" }
    | { readonly phase: "failed"; readonly code: ProblemCode; readonly detail: string | null; readonly userId: string | null }
    | { readonly phase: "signingOut" };

/** How the server ended a session: for good, until the password is given again, or until an administrator unlocks it. */
export type Ended = "gone" | "expired" | "locked";

export interface RunningEngine {
    /** Ends all work and closes the stores. */
    stop(): Promise<void>;
}

export interface EngineHooks {
    onStep(step: LoadingStep): void;
    onEnded(how: Ended): void;
}

export interface SessionParts<E> {
    readonly homeserver: Homeserver;
    readonly leader: TabLeader;
    readonly openProfiles: () => Promise<Profiles>;
    readonly startEngine: (session: Session, keeper: SessionKeeper, hooks: EngineHooks, list: ListSnapshot | null) => Promise<E>;
    /** What this device is called in lists, in the language of the page. */
    readonly deviceName: () => string;
}

/** What this browser lacks, if anything. */
export function missingIn(scope: {
    isSecureContext?: boolean;
    indexedDB?: unknown;
    navigator?: { locks?: unknown };
    crypto?: { subtle?: unknown };
}): Missing | null {
    if (scope.isSecureContext !== true) return "secureContext";
    if (!scope.crypto?.subtle) return "crypto";
    if (!scope.indexedDB) return "database";
    return scope.navigator?.locks ? null : "locks";
}

export class SessionStore<E extends RunningEngine> extends Store<SessionState<E>> {
    /** Who can be switched to. */
    readonly accounts = new Cell<ProfileList>({ profiles: [], active: null });
    readonly others = new Cell<Others>({ waiting: new Map(), ended: [] });
    readonly #parts: SessionParts<E>;
    #profiles: Profiles | null = null;
    #keeper: SessionKeeper | null = null;
    #session: Session | null = null;
    #list: ListSnapshot | null = null;
    #engine: E | null = null;

    constructor(parts: SessionParts<E>) {
        super({ phase: "starting" });
        this.#parts = parts;
    }

    /** Takes the lead if it can and opens the session of the last visit. */
    async begin(): Promise<void> {
        const missing = missingIn(globalThis);
        if (missing) {
            this.publish({ phase: "unsupported", missing });
            return;
        }
        try {
            const role = await this.#parts.leader.enter({
                onLead: () => void this.#open(),
                onYield: () => this.#yield(),
            });
            if (role === "waits") this.publish({ phase: "elsewhere", takingOver: false });
        } catch (error) {
            this.#fail(error, null);
        }
    }

    /** Works here instead of in the other tab. */
    async takeOver(): Promise<void> {
        this.publish({ phase: "elsewhere", takingOver: true });
        await this.#parts.leader.takeOver();
    }

    /** Signs in by password, beside the accounts that there are. Throws the problem if the server refuses. */
    signIn(user: string, password: string): Promise<void> {
        const { homeserver, deviceName } = this.#parts;
        const credentials: Credentials = { user, password, deviceName: deviceName() };
        return this.#begin(() => homeserver.login(credentials));
    }

    /** Makes an account and signs in. Throws the problem if the server refuses. */
    register(registration: Omit<Registration, "deviceName">): Promise<void> {
        const { homeserver, deviceName } = this.#parts;
        return this.#begin(() => homeserver.register({ ...registration, deviceName: deviceName() }));
    }

    /** Gives an expired session its password; its device, keys and drafts stay. */
    async signInAgain(password: string): Promise<void> {
        const session = this.#session;
        const keeper = this.#keeper;
        if (!session || !keeper) throw new Problem("sessionEnded");
        const { homeserver, deviceName } = this.#parts;
        const { userId: user, deviceId } = session;
        const signedIn = await homeserver.login({ user, password, deviceId, deviceName: deviceName() });
        if (signedIn.deviceId !== deviceId) throw new Problem("server", { detail: "The server made another device" });
        this.#session = await keeper.renew(session, signedIn.accessToken);
        await this.#start();
    }

    /** Asks for one more account. The others stay signed in; `switchTo` goes back to them. */
    async add(): Promise<void> {
        this.#load("", "stores", null);
        await this.#putAway();
        await this.#look(this.accounts.getSnapshot().active);
        this.publish({ phase: "signedOut", reason: "adding" });
    }

    /** Puts the open account away and opens this one. */
    async switchTo(id: string): Promise<void> {
        const wanted = this.accounts.getSnapshot().profiles.find((profile) => profile.id === id);
        if (!wanted || this.#keeper?.id === id) return;
        this.#load(wanted.userId, "stores", null);
        await this.#putAway();
        await this.#openAccount(id);
    }

    /**
     * Asks what waits in the accounts that are not open, and forgets those that were signed out from elsewhere. Says whether
     * all of them could be asked.
     */
    async lookAround(): Promise<boolean> {
        const profiles = this.#profiles;
        const asked = (await profiles?.list()) ?? [];
        const waiting = new Map(this.others.getSnapshot().waiting);
        let well = true;
        for (const profile of asked) {
            const { id } = profile;
            if (!profiles || this.#profiles !== profiles) return false;
            if (id === this.#keeper?.id) continue;
            const found = await this.#lookInto(profiles, id);
            // It may have been opened meanwhile: then it hears of its end by itself.
            if (typeof found === "object") waiting.set(id, found);
            else if (found === "unknown") well = false;
            else if (id !== this.#keeper?.id && this.#profiles === profiles) await this.#forgetOther(profiles, profile);
        }
        const known = new Set(asked.map(({ id }) => id));
        const { ended } = this.others.getSnapshot();
        this.others.set({ waiting: new Map([...waiting].filter(([id]) => known.has(id))), ended });
        return well;
    }

    /** Says what the open account is called in the list. */
    async name(name: string): Promise<void> {
        const id = this.#keeper?.id;
        if (id === undefined) return;
        await this.#profiles?.rename(id, name);
        await this.#look(id);
    }

    /** Opens the session again after a failure. */
    async retry(): Promise<void> {
        if (this.#session) await this.#start();
        else await this.#open();
    }

    /** Ends the session on the server, as far as it can be reached, and forgets everything here. Other accounts stay. */
    async signOut(): Promise<void> {
        const session = this.#session;
        this.publish({ phase: "signingOut" });
        await this.#stopEngine();
        // Without a network the device stays in the list of sessions, and the user can remove it from another one.
        if (session) await this.#parts.homeserver.logout(session.accessToken).catch(() => undefined);
        await this.#forget("signedOut");
    }

    async #open(): Promise<void> {
        try {
            this.#profiles ??= await this.#parts.openProfiles();
            const [last] = await this.#profiles.list();
            if (last) {
                await this.#openAccount(last.id);
                void this.#profiles.sweep();
                return;
            }
            await this.#profiles.sweep();
            await this.#look(null);
        } catch (error) {
            this.#fail(error, null);
            return;
        }
        this.publish({ phase: "signedOut", reason: "never" });
    }

    async #openAccount(id: string): Promise<void> {
        try {
            if (!this.#profiles) throw new Problem("storage");
            const keeper = await this.#profiles.open(id);
            this.#keeper = keeper;
            [this.#session, this.#list] = await Promise.all([keeper.load(), readListSnapshot(keeper.records)]);
            if (this.#session) this.#load(this.#session.userId, "code");
            await this.#look(id);
        } catch (error) {
            this.#fail(error, null);
            return;
        }
        if (this.#session) await this.#start();
        // Its record is gone, and with it all that could be done with the rest.
        else await this.#forget("endedElsewhere");
    }

    async #begin(signIn: () => Promise<SignedIn>): Promise<void> {
        const profiles = this.#profiles;
        if (!profiles) throw new Problem("storage");
        let signedIn: SignedIn;
        try {
            signedIn = await signIn();
        } catch (error) {
            throw problemOf(error);
        }
        const known = (await profiles.list()).find(({ userId }) => userId === signedIn.userId);
        if (known) {
            // It is here already, with its keys and messages: the device that was just made is not needed.
            await this.#parts.homeserver.logout(signedIn.accessToken).catch(() => undefined);
            await this.#openAccount(known.id);
            return;
        }
        const { keeper, session } = await profiles.add(signedIn, this.#parts.homeserver.baseUrl);
        this.#keeper = keeper;
        this.#session = session;
        await this.#look(keeper.id);
        await this.#start();
    }

    async #start(): Promise<void> {
        const session = this.#session;
        const keeper = this.#keeper;
        if (!session || !keeper) return;
        const { userId } = session;
        const current = () => this.#session === session && this.#parts.leader.leads;
        this.#load(userId, "code");
        try {
            const hooks: EngineHooks = {
                onStep: (step) => {
                    if (current() && this.getSnapshot().phase === "loading") this.#load(userId, step);
                },
                onEnded: (how) => {
                    if (current()) void this.#ended(how, userId);
                },
            };
            const engine = await this.#parts.startEngine(session, keeper, hooks, this.#list);
            // The session may have ended, or another tab taken over, while the engine was starting.
            if (!current() || this.getSnapshot().phase !== "loading") {
                await engine.stop();
                return;
            }
            this.#engine = engine;
            this.publish({ phase: "ready", userId, engine });
        } catch (error) {
            if (current() && this.getSnapshot().phase === "loading") this.#fail(error, userId);
        }
    }

    async #ended(how: Ended, userId: string): Promise<void> {
        const { phase } = this.getSnapshot();
        if (phase !== "ready" && phase !== "loading") return;
        if (how === "gone") {
            this.publish({ phase: "signingOut" });
            await this.#stopEngine();
            return this.#forget("endedElsewhere");
        }
        this.publish({ phase: "expired", userId, why: how });
        await this.#stopEngine();
    }

    async #yield(): Promise<void> {
        this.publish({ phase: "elsewhere", takingOver: false });
        await this.#putAway();
        this.#profiles?.close();
        this.#profiles = null;
    }

    /** Closes the open account; nothing of it is lost. */
    async #putAway(): Promise<void> {
        await this.#stopEngine();
        this.#keeper?.close();
        this.#keeper = null;
        this.#session = null;
        this.#list = null;
    }

    async #stopEngine(): Promise<void> {
        const engine = this.#engine;
        this.#engine = null;
        await engine?.stop().catch(() => undefined);
    }

    async #forget(reason: SignedOutReason): Promise<void> {
        const keeper = this.#keeper;
        this.#keeper = null;
        this.#session = null;
        this.#list = null;
        try {
            keeper?.close();
            if (keeper) await this.#profiles?.forget(keeper.id);
            await this.#look(null);
        } catch (error) {
            this.#fail(error, null);
            return;
        }
        this.publish({ phase: "signedOut", reason });
    }

    async #lookInto(profiles: Profiles, id: string): Promise<Waiting | "ended" | "unknown"> {
        try {
            const keeper = await profiles.peek(id);
            const session = await keeper.load().finally(() => {
                keeper.close();
            });
            return session ? await this.#parts.homeserver.waiting(session.accessToken) : "ended";
        } catch (error) {
            return problemOf(error).code === "sessionEnded" ? "ended" : "unknown";
        }
    }

    async #forgetOther(profiles: Profiles, profile: Profile): Promise<void> {
        await profiles.forget(profile.id);
        const { waiting, ended } = this.others.getSnapshot();
        this.others.set({ waiting, ended: [...ended, profile] });
        await this.#look(this.accounts.getSnapshot().active);
    }

    #load(userId: string, step: LoadingStep, list = this.#list): void {
        this.publish({ phase: "loading", userId, step, list });
    }

    async #look(active: string | null): Promise<void> {
        this.accounts.set({ profiles: (await this.#profiles?.list()) ?? [], active });
    }

    #fail(error: unknown, userId: string | null): void {
        const { code, detail } = problemOf(error);
        this.publish({ phase: "failed", code, detail, userId });
    }
}
