//! A guest's visit, from following a link to leaving. It starts and ends everything else; nothing of it is kept here afterwards.
//! A page that is loaded anew goes on with the visit of its tab, for as long as the guest lives on the server: that is told of
//! pages that go away, and sees off who is not back soon.

import { type ProblemCode, problemOf } from "../base/problem";
import { Store } from "../base/store";
import { type Session, SessionKeeper, forgetAccount, holdVisit } from "../session/session_keeper";
import { type Missing, type RunningEngine, missingIn } from "../session/session_store";
import { type Door, type DoorReason, type GuestSession, type Invitation, NotLetIn } from "./door";
import { type VisitMemory, tabMemory } from "./kept_visit";

/** Why a visit is over, or goes no further. */
export type VisitEnd = DoorReason | "left" | "over" | ProblemCode;

export type VisitState<E> =
    | { readonly phase: "looking" }
    | { readonly phase: "unsupported"; readonly missing: Missing }
    /** He says who he is. `problem`: why he did not come in just now. */
    | { readonly phase: "door"; readonly invitation: Invitation; readonly busy: boolean; readonly problem: VisitEnd | null; readonly retryAfterMs: number | null }
    | { readonly phase: "waiting"; readonly invitation: Invitation }
    | { readonly phase: "entering"; readonly invitation: Invitation }
    | { readonly phase: "in"; readonly invitation: Invitation; readonly engine: E; readonly roomId: string }
    | { readonly phase: "over"; readonly invitation: Invitation | null; readonly why: VisitEnd };

/** Typing once more helps. */
const AT_THE_DOOR: readonly VisitEnd[] = ["wrong_pin", "name", "crowded", "full", "tooManyRequests", "offline", "timeout", "server"];
/** Between two questions that could not be asked. */
const AGAIN_MS = 2_000;
/** The server was restarted, and has forgotten who waits. */
const KNOCKS_MAX = 20;

const ID_BYTES = 8;
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(ID_BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
/** The page before is on its way out while the next one is on its way in. */
const HOLD_MS_MAX = 3_000;

export interface VisitParts<E> {
    readonly door: Door;
    readonly startEngine: (session: Session, keeper: SessionKeeper, ended: () => void) => Promise<E>;
    readonly pause?: (ms: number) => Promise<void>;
    readonly memory?: VisitMemory;
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export class Visit<E extends RunningEngine> extends Store<VisitState<E>> {
    readonly #token: string;
    readonly #parts: VisitParts<E>;
    readonly #memory: VisitMemory;
    /** By what this page is told from the next one. */
    readonly #page = newId();
    #looking: Promise<void> | null = null;
    /** A page that is loaded anew finds this visit again. */
    #remembered = false;
    #gone = new AbortController();
    #session: GuestSession | null = null;
    #keeper: SessionKeeper | null = null;
    #engine: E | null = null;
    #release: () => void = () => undefined;

    constructor(token: string, parts: VisitParts<E>) {
        super({ phase: "looking" });
        this.#token = token;
        this.#parts = parts;
        this.#memory = parts.memory ?? tabMemory();
    }

    /** Looks where the link leads; whoever was in already comes in again. */
    look(): Promise<void> {
        return (this.#looking ??= this.#look().finally(() => {
            this.#looking = null;
        }));
    }

    async #look(): Promise<void> {
        const missing = missingIn(globalThis);
        if (missing) {
            this.publish({ phase: "unsupported", missing });
            return;
        }
        this.publish({ phase: "looking" });
        try {
            const invitation = await this.#parts.door.about(this.#token);
            if (await this.#comeBack(invitation)) return;
            this.publish({ phase: "door", invitation, busy: false, problem: invitation.full ? "full" : null, retryAfterMs: null });
        } catch (error) {
            if (error instanceof NotLetIn) await this.#forgetKept();
            this.publish({ phase: "over", invitation: null, why: endOf(error) });
        }
    }

    /** Asks to be let in, and comes in. */
    async enter(name: string, pin: string | null): Promise<void> {
        const state = this.getSnapshot();
        if (state.phase !== "door" || state.busy) return;
        const { invitation } = state;
        this.#gone = new AbortController();
        this.publish({ ...state, busy: true, problem: null, retryAfterMs: null });
        try {
            const session = await this.#letIn(invitation, name, pin);
            if (session) await this.#begin(invitation, session);
        } catch (error) {
            await this.#fail(invitation, error);
        }
    }

    /** Waits no longer, and may knock again. */
    stopWaiting(): void {
        const state = this.getSnapshot();
        if (state.phase !== "waiting") return;
        this.#gone.abort();
        this.publish({ phase: "door", invitation: state.invitation, busy: false, problem: null, retryAfterMs: null });
    }

    /** Leaves the meeting. */
    async leave(): Promise<void> {
        await this.#end("left");
    }

    /** The page goes away, closed or to be loaded anew: nobody can tell. Who cannot come back has gone, others may do so soon. */
    vanish(): void {
        if (!this.#remembered) this.#logOut();
        else this.#tell(false);
    }

    /** The page was put aside, and is shown again as it was. */
    reappear(): void {
        this.#tell(true);
    }

    #tell(open: boolean): void {
        if (this.#session) this.#parts.door.page(this.#session.accessToken, this.#page, open);
    }

    #logOut(): void {
        if (this.#session) this.#parts.door.leave(this.#session.accessToken);
        this.#session = null;
    }

    /** Goes on with the visit of this tab, if there is one and its guest lives. */
    async #comeBack(invitation: Invitation): Promise<boolean> {
        const kept = this.#memory.find(this.#token);
        if (!kept) return false;
        this.#gone = new AbortController();
        const { signal } = this.#gone;
        this.publish({ phase: "entering", invitation });
        // A tab that was made as a copy of another one has its memory, and is another guest all the same.
        const release = await holdVisit(kept.id, HOLD_MS_MAX);
        if (!release) {
            this.#memory.forget();
            return false;
        }
        this.#release = release;
        try {
            const keeper = await SessionKeeper.open(kept.id);
            this.#keeper = keeper;
            const session = await keeper.load();
            if (session && (await this.#parts.door.lives(session.accessToken))) {
                this.#remembered = true;
                this.#parts.door.page(session.accessToken, this.#page, true);
                if (signal.aborted) await this.#setAside();
                else await this.#start(invitation, { ...session, roomId: kept.roomId }, session, keeper);
                return true;
            }
        } catch (error) {
            // Without a network nothing is known of him: he may try again.
            if (problemOf(error).code !== "sessionEnded") {
                await this.#setAside();
                throw error;
            }
        }
        await this.#putAway();
        return false;
    }

    /** What the tab remembers leads nowhere any more. */
    async #forgetKept(): Promise<void> {
        const kept = this.#memory.find(this.#token);
        this.#memory.forget();
        const release = kept && (await holdVisit(kept.id, HOLD_MS_MAX));
        if (!release) return;
        await forgetAccount(kept.id).catch(() => undefined);
        release();
    }

    /** Stops what has been started of a visit that may go on later. */
    async #setAside(): Promise<void> {
        const [engine, keeper] = [this.#engine, this.#keeper];
        [this.#engine, this.#keeper, this.#session] = [null, null, null];
        await engine?.stop().catch(() => undefined);
        keeper?.close();
        this.#release();
    }

    /** The session of somebody who may come in; null: he does not want to any more. */
    async #letIn(invitation: Invitation, name: string, pin: string | null): Promise<GuestSession | null> {
        const { signal } = this.#gone;
        for (let knocks = 0; knocks < KNOCKS_MAX; knocks += 1) {
            const ticket = await this.#parts.door.knock(this.#token, name, pin);
            this.publish({ phase: "waiting", invitation });
            try {
                const session = await this.#wait(ticket, signal);
                if (session && signal.aborted) this.#parts.door.leave(session.accessToken);
                return signal.aborted ? null : session;
            } catch (error) {
                if (signal.aborted) return null;
                if (!(error instanceof NotLetIn) || error.reason !== "not_waiting") throw error;
            }
        }
        throw new NotLetIn("not_waiting");
    }

    async #wait(ticket: string, signal: AbortSignal): Promise<GuestSession | null> {
        const pause = this.#parts.pause ?? wait;
        const isOver = () => signal.aborted;
        while (!isOver()) {
            try {
                const session = await this.#parts.door.wait(ticket, signal);
                if (session) return session;
            } catch (error) {
                // Whoever waits keeps waiting while the network or the server is away for a moment.
                if (isOver() || error instanceof NotLetIn) throw error;
                await pause(AGAIN_MS);
            }
        }
        return null;
    }

    async #begin(invitation: Invitation, session: GuestSession): Promise<void> {
        this.#session = session;
        this.publish({ phase: "entering", invitation });
        const id = newId();
        this.#release = (await holdVisit(id, HOLD_MS_MAX)) ?? this.#release;
        const keeper = await SessionKeeper.open(id);
        this.#keeper = keeper;
        const { roomId, ...signedIn } = session;
        const begun = await keeper.begin(signedIn, this.#parts.door.baseUrl);
        this.#remembered = this.#memory.keep({ id, token: this.#token, roomId });
        await this.#start(invitation, session, begun, keeper);
    }

    async #start(invitation: Invitation, guest: GuestSession, session: Session, keeper: SessionKeeper): Promise<void> {
        this.#session = guest;
        const engine = await this.#parts.startEngine(session, keeper, () => void this.#end("over"));
        this.#engine = engine;
        // It may have ended while everything was starting.
        if (this.#session !== guest) await this.#putAway();
        else this.publish({ phase: "in", invitation, engine, roomId: guest.roomId });
    }

    async #fail(invitation: Invitation, error: unknown): Promise<void> {
        const why = endOf(error);
        const inside = this.#session !== null;
        await this.#putAway();
        const retryAfterMs = error instanceof NotLetIn ? null : problemOf(error).retryAfterMs;
        if (!inside && AT_THE_DOOR.includes(why)) this.publish({ phase: "door", invitation, busy: false, problem: why, retryAfterMs });
        else this.publish({ phase: "over", invitation, why });
    }

    async #end(why: VisitEnd): Promise<void> {
        const state = this.getSnapshot();
        if (state.phase === "over" || state.phase === "looking" || state.phase === "unsupported") return;
        this.#gone.abort();
        this.publish({ phase: "over", invitation: state.invitation, why });
        await this.#putAway();
    }

    /** Forgets keys and messages, and tells the server that the guest has gone. */
    async #putAway(): Promise<void> {
        const [engine, keeper] = [this.#engine, this.#keeper];
        this.#engine = null;
        this.#keeper = null;
        this.#memory.forget();
        this.#remembered = false;
        await engine?.stop().catch(() => undefined);
        this.#logOut();
        await keeper?.forget().catch(() => undefined);
        this.#release();
    }
}

function endOf(error: unknown): VisitEnd {
    return error instanceof NotLetIn ? error.reason : problemOf(error).code;
}
