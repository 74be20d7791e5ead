/** The way through the wizard: six answers, then a look at all of them. Addresses are `#/owner`, so that "back" works. */
import type { SetupState, StepName } from "../api/types";

export const STEPS = ["language", "organisation", "certificate", "owner", "registration", "encryption"] as const satisfies readonly StepName[];

/** A page of somebody who has shown the code. The second factor belongs to the owner, and may be passed by. */
export type PageName = StepName | "second-factor" | "check";

const PAGES: readonly PageName[] = ["language", "organisation", "certificate", "owner", "second-factor", "registration", "encryption", "check"];

export const addressOf = (page: PageName): string => `#/${page}`;

/** The page that an address names. */
export function pageAt(hash: string): PageName | null {
    return PAGES.find((page) => addressOf(page) === hash) ?? null;
}

/** Whether somebody may look at a page: everything before it that must come first is answered. */
export function isOpen(page: PageName, state: SetupState): boolean {
    const first = firstOpen(state);
    return PAGES.indexOf(page) <= PAGES.indexOf(first);
}

/** The first page that wants an answer. */
export function firstOpen(state: SetupState): PageName {
    return STEPS.find((step) => state.unanswered.includes(step)) ?? "check";
}

/** The page to show for an address. */
export function shownPage(hash: string, state: SetupState): PageName {
    const wanted = pageAt(hash);
    return wanted !== null && isOpen(wanted, state) ? wanted : firstOpen(state);
}

/** The page after one, and the one before it; null at the ends. */
export const pageAfter = (page: PageName): PageName | null => PAGES[PAGES.indexOf(page) + 1] ?? null;
export const pageBefore = (page: PageName): PageName | null => PAGES[PAGES.indexOf(page) - 1] ?? null;

/** `#code=XXXX-…`, as the console of the machine shows it. */
export function codeIn(hash: string): string | null {
    const code = new URLSearchParams(hash.replace(/^#/, "")).get("code");
    return code === null || code.trim() === "" ? null : code.trim();
}
