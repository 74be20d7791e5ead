//! Many accounts out of a table: looked at first, then made, all or none.

import { Store } from "@veche/protocol";
import { type Api, Refused, type Schemas } from "../../api/api";

/** What is wrong with a line, and what stands in it. */
export interface Fault {
    readonly line: number;
    readonly reason: string;
    readonly text: string;
}

type Imported = Schemas["ImportedUsers"]["users"][number];

export type ImportState =
    /** Nothing has been looked at, or the text has changed since. */
    | { readonly phase: "writing"; readonly busy: boolean; readonly thrown: unknown }
    | { readonly phase: "faulty"; readonly faults: readonly Fault[] }
    | { readonly phase: "ready"; readonly users: readonly Imported[]; readonly busy: boolean; readonly thrown: unknown }
    | { readonly phase: "done"; readonly users: readonly Imported[] };

const WRITING: ImportState = { phase: "writing", busy: false, thrown: null };
/** A line is shown so far. */
const LINE_CHARACTERS_MAX = 120;

export class ImportStore extends Store<ImportState> {
    readonly #api: Api;

    constructor(api: Api) {
        super(WRITING);
        this.#api = api;
    }

    /** The text is another one: what was found out does not hold any more. */
    changed(): void {
        this.publish(WRITING);
    }

    /** Looks whether it could be done, and makes nothing. */
    async look(csv: string): Promise<void> {
        this.publish({ phase: "writing", busy: true, thrown: null });
        try {
            const { users } = await this.#api.post("/api/admin/v1/users/import", { body: { csv, dry_run: true } });
            this.publish({ phase: "ready", users, busy: false, thrown: null });
        } catch (thrown) {
            const faults = faultsOf(thrown, csv);
            this.publish(faults === null ? { phase: "writing", busy: false, thrown } : { phase: "faulty", faults });
        }
    }

    /** Makes the accounts. */
    async make(csv: string): Promise<void> {
        const looked = this.getSnapshot();
        if (looked.phase !== "ready" || looked.busy) return;
        this.publish({ ...looked, busy: true, thrown: null });
        try {
            const { users } = await this.#api.post("/api/admin/v1/users/import", { body: { csv } });
            this.publish({ phase: "done", users });
        } catch (thrown) {
            // Somebody else may have taken a name since it was looked at.
            const faults = faultsOf(thrown, csv);
            this.publish(faults === null ? { ...looked, busy: false, thrown } : { phase: "faulty", faults });
        }
    }
}

function faultsOf(thrown: unknown, csv: string): readonly Fault[] | null {
    if (!(thrown instanceof Refused) || thrown.reason !== "import_faults" || !Array.isArray(thrown.data["faults"])) return null;
    const lines = csv.split(/\r?\n/);
    return (thrown.data["faults"] as { line: number; reason: string }[]).map(({ line, reason }) => ({
        line,
        reason,
        text: (lines[line - 1] ?? "").slice(0, LINE_CHARACTERS_MAX),
    }));
}

/** The accounts that were made, to be handed on. Pure. */
export function passwordTable(users: readonly Imported[]): readonly (readonly string[])[] {
    return [["user_id", "display_name", "password"], ...users.map((user) => [user.user_id, user.display_name ?? "", user.password ?? ""])];
}
