/** Sends an answer and goes on to the next question. */
import type { SetupApi } from "../api/setup_api";
import type { SetupState, StepName } from "../api/types";
import { type PageName, addressOf, firstOpen, pageAfter } from "../wizard/steps";
import type { FieldName } from "../wizard/problem";
import { useServices } from "./context";

type Put = (api: SetupApi, token: string) => Promise<SetupState>;

export interface Answering {
    /** Sends; what was typed into these fields is the server's then. */
    readonly send: (put: Put, ...fields: readonly FieldName[]) => Promise<void>;
    /** Goes on without sending, because nothing has changed. */
    readonly goOn: () => void;
}

/** For a page that gives the answer to `step`, or adds to it. */
export function useAnswer(step: StepName, answers: SetupState, page: PageName = step): Answering {
    const { wizard, typed, addresses } = useServices();
    // Whoever has answered everything and mends one answer is not led through the rest again.
    const wasComplete = answers.unanswered.length === 0;
    const goOn = () => {
        const { view } = wizard.getSnapshot();
        if (view.phase !== "answering") return;
        const next = wasComplete ? firstOpen(view.answers) : pageAfter(page);
        addresses.go(addressOf(next ?? "check"));
    };
    const send = async (put: Put, ...fields: readonly FieldName[]) => {
        if (!(await wizard.answer(step, put))) return;
        typed.forget(...fields);
        goOn();
    };
    return { send, goOn };
}
