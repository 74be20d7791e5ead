/** Looks where a name leads while somebody types it. */
import { Store } from "@veche/protocol";
import type { SetupApi } from "../api/setup_api";
import type { NameReport } from "../api/types";
import { type Problem, problemOf } from "./problem";

export type NameFinding =
    | { readonly kind: "nothing" }
    | { readonly kind: "looking"; readonly name: string }
    | { readonly kind: "found"; readonly name: string; readonly report: NameReport }
    | { readonly kind: "refused"; readonly name: string; readonly problem: Problem };

/** Nobody is asked about half a word. */
const TYPING_MS = 400;

export class NameCheck extends Store<NameFinding> {
    readonly #ask: (name: string, signal: AbortSignal) => Promise<NameReport>;
    readonly #wait: (ms: number) => Promise<void>;
    #current: AbortController | null = null;

    constructor(api: Pick<SetupApi, "checkName">, token: () => string, wait: (ms: number) => Promise<void>) {
        super({ kind: "nothing" });
        this.#ask = (name, signal) => api.checkName(token(), name, signal);
        this.#wait = wait;
    }

    /** Begins to look; what was looked for before does not matter any more. */
    async look(name: string): Promise<void> {
        const known = this.getSnapshot();
        if (known.kind !== "nothing" && known.name === name && name !== "") return;
        this.#current?.abort();
        const current = new AbortController();
        this.#current = current;
        if (name === "") {
            this.publish({ kind: "nothing" });
            return;
        }
        this.publish({ kind: "looking", name });
        await this.#wait(TYPING_MS);
        if (this.#current !== current) return;
        const finding = await this.#find(name, current.signal);
        if (this.#current === current) this.publish(finding);
    }

    async #find(name: string, signal: AbortSignal): Promise<NameFinding> {
        try {
            return { kind: "found", name, report: await this.#ask(name, signal) };
        } catch (thrown) {
            const problem = problemOf(thrown, "organisation");
            // Only what is wrong with the name itself is said here; for the rest there is the answer to "continue".
            return problem.field === "serverName" ? { kind: "refused", name, problem } : { kind: "nothing" };
        }
    }
}
