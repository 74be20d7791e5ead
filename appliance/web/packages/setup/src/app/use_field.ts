/** A field that keeps what was typed, and the fields of a page as far as something is wrong with them. */
import { type ReactNode, type SubmitEvent, useState } from "react";
import type { FieldName } from "../wizard/problem";
import { useServices, useStore, useT } from "./context";
import { wordsAt } from "./words";

/** What was typed, else the answer that the server has; and how it is changed. */
export function useField(field: FieldName, answered: string): readonly [string, (value: string) => void] {
    const { typed, wizard } = useServices();
    const value = useStore(typed)[field] ?? answered;
    const set = (next: string) => {
        typed.set(field, next);
        wizard.clearProblem();
    };
    return [value, set];
}

/** Complaints of the page itself, before anything is sent. */
export type Complaints = Partial<Record<FieldName, string>>;

export interface Form {
    /** What is wrong with a field: what the page says itself, else what the server said. */
    readonly error: (field: FieldName) => ReactNode;
    /** Changes when there is something new that is wrong with a field. */
    readonly wrong: unknown;
    readonly onSubmit: (event: SubmitEvent) => void;
    readonly onChange: () => void;
}

/** A form that looks at its fields before it sends them. */
export function useForm(check: () => Complaints, send: () => Promise<void>): Form {
    const t = useT();
    const { wizard } = useServices();
    const { problem } = useStore(wizard);
    const [complaints, setComplaints] = useState<Complaints>({});
    return {
        wrong: Object.keys(complaints).length > 0 ? complaints : (problem?.field ?? null) === null ? null : problem,
        error: (field) => complaints[field] ?? wordsAt(t, problem, field),
        onSubmit: (event) => {
            event.preventDefault();
            const found = check();
            setComplaints(found);
            if (Object.keys(found).length === 0) void send();
        },
        onChange: () => {
            if (Object.keys(complaints).length > 0) setComplaints({});
        },
    };
}
