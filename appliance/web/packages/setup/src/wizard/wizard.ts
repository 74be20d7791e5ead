/**
 * The wizard itself: who has shown the code, what is answered, what went wrong, whether the server can be heard.
 *
 * The server keeps every answer; what is here is a picture of it. So whatever happens (a reload, another browser, a server
 * that starts anew) is mended by asking it.
 */
import { Store } from "@veche/protocol";
import type { SetupApi } from "../api/setup_api";
import type { Reachability, SetupFinished, SetupState, StepName } from "../api/types";
import type { Memory } from "./memory";
import { type Asked, type Problem, problemOf } from "./problem";

/** How the first run ended. */
export interface Done {
    readonly owner: string;
    readonly serverName: string;
    readonly baseUrl: string;
    readonly inviteLink: string | null;
    /** A code of an authenticator app is wanted beside the password. */
    readonly secondFactor: boolean;
    /** A passkey opens the account, and the password alone does not. */
    readonly passkey: boolean;
    /** Null: the connection was lost before it arrived. */
    readonly report: Reachability | null;
}

export type View =
    | { readonly phase: "opening" }
    /** Nothing was heard of the server yet. */
    | { readonly phase: "unreachable" }
    /** The code is wanted; `again`: it was shown before, and the server does not know of it any more. */
    | { readonly phase: "claim"; readonly again: boolean }
    | { readonly phase: "answering"; readonly answers: SetupState }
    | { readonly phase: "starting"; readonly answers: SetupState }
    | { readonly phase: "done"; readonly done: Done }
    /** Somebody has set the server up, not from here. */
    | { readonly phase: "over" };

export interface WizardState {
    readonly view: View;
    readonly busy: boolean;
    readonly problem: Problem | null;
    /** `back`: it was lost, and what could not be sent may be sent now. */
    readonly connection: "heard" | "lost" | "back";
}

export interface Surroundings {
    readonly api: SetupApi;
    readonly memory: Memory;
    /** Resolves after so many milliseconds. */
    readonly wait: (ms: number) => Promise<void>;
    /** Milliseconds since 1970. */
    readonly now: () => number;
}

/** Pauses between looking whether the server can be heard; the last one again and again. */
const LOOK_MS = [500, 1_000, 2_000, 4_000];
/** How often it is looked whether a server that began to start has done so, a pause of {@link LOOK_MS} between. */
const START_LOOKS_MAX = 45;

export class Wizard extends Store<WizardState> {
    readonly #surroundings: Surroundings;
    #watching = false;

    constructor(surroundings: Surroundings) {
        super({ view: { phase: "opening" }, busy: false, problem: null, connection: "heard" });
        this.#surroundings = surroundings;
    }

    /** The proof that goes with each request; empty before there is one. */
    get token(): string {
        return this.#surroundings.memory.token ?? "";
    }

    /** Asks the server how far it is. */
    async open(): Promise<void> {
        const { api, memory } = this.#surroundings;
        const token = memory.token;
        try {
            this.#show({ phase: "answering", answers: await api.state(token ?? undefined) });
        } catch (thrown) {
            const problem = problemOf(thrown, "state");
            if (problem.cause.kind === "sessionEnded") {
                this.#ask(token !== null);
            } else if (problem.cause.kind === "over") {
                this.#end(null);
            } else {
                this.#update({ view: { phase: "unreachable" }, problem });
                void this.#listen();
            }
        }
    }

    /** Shows the code. */
    async claim(code: string): Promise<boolean> {
        return this.#run("claim", async () => {
            const { api, memory } = this.#surroundings;
            const { token } = await api.claim(code);
            memory.token = token;
            return api.state(token);
        });
    }

    /** Asks for something that is no answer yet; null if that failed, which is told like every failure. */
    async request<T>(asked: Asked, ask: (api: SetupApi, token: string) => Promise<T>): Promise<T | null> {
        try {
            const given = await ask(this.#surroundings.api, this.token);
            if (this.getSnapshot().connection !== "heard") this.#update({ connection: "heard" });
            return given;
        } catch (thrown) {
            this.#fail(problemOf(thrown, asked), this.getSnapshot().view);
            return null;
        }
    }

    /** Gives an answer; `put` sends it. */
    async answer(step: StepName, put: (api: SetupApi, token: string) => Promise<SetupState>): Promise<boolean> {
        return this.#run(step, () => put(this.#surroundings.api, this.token));
    }

    /** Makes the owner and starts the server. */
    async finish(): Promise<void> {
        const { view } = this.getSnapshot();
        if (view.phase !== "answering") return;
        const { answers } = view;
        const { api, now } = this.#surroundings;
        this.#update({ view: { phase: "starting", answers }, problem: null });
        try {
            this.#end(doneOf(await api.finish(this.token, now()), answers));
        } catch (thrown) {
            const problem = problemOf(thrown, "finish");
            if (problem.cause.kind === "over") this.#end(doneFrom(answers));
            else if (problem.cause.kind === "noAnswer") await this.#afterLostFinish(answers, problem);
            else this.#fail(problem, { phase: "answering", answers });
        }
    }

    /** Whoever reads on has seen what was wrong. */
    clearProblem(): void {
        if (this.getSnapshot().problem !== null) this.#update({ problem: null });
    }

    async #run(asked: Asked, work: () => Promise<SetupState>): Promise<boolean> {
        if (this.getSnapshot().busy) return false;
        this.#update({ busy: true, problem: null });
        try {
            const answers = await work();
            this.#update({ view: { phase: "answering", answers }, busy: false, connection: "heard" });
            return true;
        } catch (thrown) {
            this.#update({ busy: false });
            this.#fail(problemOf(thrown, asked), this.getSnapshot().view);
            return false;
        }
    }

    #fail(problem: Problem, view: View): void {
        const { kind } = problem.cause;
        if (kind === "over") this.#end(null);
        else if (kind === "sessionEnded") this.#ask(true);
        else if (kind === "noAnswer") {
            this.#update({ view, problem });
            void this.#listen();
        } else this.#update({ view, problem, connection: "heard" });
    }

    /** The answer to finishing got lost: what the server does now says whether it went well. */
    async #afterLostFinish(answers: SetupState, problem: Problem): Promise<void> {
        const { api, wait } = this.#surroundings;
        for (let look = 0; look < START_LOOKS_MAX; look++) {
            await wait(pause(look));
            try {
                // It is a wizard still: it can be asked once more.
                const now = await api.state(this.token);
                this.#update({ view: { phase: "answering", answers: now }, problem, connection: "back" });
                return;
            } catch (thrown) {
                const { cause } = problemOf(thrown, "state");
                if (cause.kind === "over") {
                    this.#end(doneFrom(answers));
                    return;
                }
                if (cause.kind === "sessionEnded") {
                    this.#ask(true);
                    return;
                }
            }
        }
        this.#fail(problem, { phase: "answering", answers });
    }

    /** Looks until the server is heard again. */
    async #listen(): Promise<void> {
        if (this.#watching) return;
        this.#watching = true;
        this.#update({ connection: "lost" });
        const { api, wait } = this.#surroundings;
        for (let look = 0; this.getSnapshot().connection === "lost"; look++) {
            await wait(pause(look));
            if (await api.answers()) break;
        }
        this.#watching = false;
        if (this.getSnapshot().connection !== "lost") return;
        const { view, problem } = this.getSnapshot();
        this.#update({ connection: "back", problem: problem?.cause.kind === "noAnswer" ? null : problem });
        if (view.phase === "unreachable") await this.open();
    }

    #ask(again: boolean): void {
        this.#surroundings.memory.token = null;
        this.#update({ view: { phase: "claim", again }, problem: null, connection: "heard" });
    }

    #end(done: Done | null): void {
        const { memory } = this.#surroundings;
        memory.token = null;
        memory.typed = {};
        this.#show(done === null ? { phase: "over" } : { phase: "done", done });
    }

    #show(view: View): void {
        this.#update({ view, problem: null, connection: "heard" });
    }

    #update(change: Partial<WizardState>): void {
        this.publish({ ...this.getSnapshot(), ...change });
    }
}

const pause = (look: number): number => LOOK_MS[Math.min(look, LOOK_MS.length - 1)] ?? 0;

function doneOf(finished: SetupFinished, { owner }: SetupState): Done {
    return {
        secondFactor: owner?.second_factor ?? false,
        passkey: owner?.passkey ?? false,
        owner: finished.owner,
        serverName: finished.server_name,
        baseUrl: finished.base_url,
        inviteLink: finished.invite_link,
        report: finished.reachability,
    };
}

/** The same from the answers, which the server took as they were. */
function doneFrom({ owner, organisation, registration }: SetupState): Done | null {
    if (owner === null || organisation === null) return null;
    return {
        owner: `@${owner.username}:${organisation.server_name}`,
        secondFactor: owner.second_factor,
        passkey: owner.passkey,
        serverName: organisation.server_name,
        baseUrl: organisation.base_url,
        inviteLink: registration?.mode === "token" ? registration.link : null,
        report: null,
    };
}
