/** What people have typed and not sent yet, so that nothing of it is lost: neither by an error nor by a reload. */
import { Store } from "@veche/protocol";
import type { Memory } from "./memory";
import type { FieldName } from "./problem";

export type TypedFields = Readonly<Partial<Record<FieldName, string>>>;

/** These are kept in memory only. */
const SECRETS: ReadonlySet<FieldName> = new Set<FieldName>(["code", "password", "key", "secondCode"]);

export class Typed extends Store<TypedFields> {
    readonly #memory: Memory;

    constructor(memory: Memory) {
        super(memory.typed);
        this.#memory = memory;
    }

    set(field: FieldName, value: string): void {
        this.#use({ ...this.getSnapshot(), [field]: value });
    }

    /** What was sent is the server's now. */
    forget(...fields: readonly FieldName[]): void {
        const left = Object.entries(this.getSnapshot()).filter(([field]) => !fields.includes(field as FieldName));
        this.#use(Object.fromEntries(left));
    }

    #use(typed: TypedFields): void {
        const open = Object.entries(typed).filter(([field]) => !SECRETS.has(field as FieldName));
        this.#memory.typed = Object.fromEntries(open);
        this.publish(typed);
    }
}
