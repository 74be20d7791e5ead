/** What went wrong, and which field it is about; the words for it are the catalogs'. */
import { NoAnswer, Refusal } from "../api/setup_api";
import type { StepName } from "../api/types";

/** What people fill in. */
export type FieldName =
    | "code"
    | "organisation"
    | "serverName"
    | "source"
    | "chain"
    | "key"
    | "email"
    | "directory"
    | "username"
    | "displayName"
    | "password"
    | "secondCode";

/** One thing that is wrong with an uploaded certificate. */
export interface Fault {
    readonly code: string;
    /** The server's words, in English. */
    readonly error: string;
    readonly parameters: Readonly<Record<string, unknown>>;
}

export type Cause =
    | { readonly kind: "noAnswer" }
    | { readonly kind: "sessionEnded" }
    | { readonly kind: "over" }
    | { readonly kind: "wrongCode"; readonly triesLeft: number }
    | { readonly kind: "newCode"; readonly tries: number }
    | { readonly kind: "tooFast"; readonly retryAfterMs: number }
    | { readonly kind: "nameLength" }
    | { readonly kind: "nameInvalid" }
    | { readonly kind: "nameFixed"; readonly serverName: string }
    | { readonly kind: "usernameInvalid" }
    | { readonly kind: "passwordLength"; readonly charsMin: number }
    | { readonly kind: "wrongSecondCode" }
    | { readonly kind: "organisationFirst" }
    | { readonly kind: "certificateFaults"; readonly faults: readonly Fault[] }
    | { readonly kind: "certificateImpossible"; readonly obstacle: Obstacle | "other"; readonly detail: string }
    | { readonly kind: "unanswered"; readonly steps: readonly StepName[] }
    | { readonly kind: "tooLarge" }
    | { readonly kind: "server"; readonly detail: string }
    | { readonly kind: "unknown"; readonly detail: string };

export interface Problem {
    readonly cause: Cause;
    /** Where it is to be said; null: it is about the whole page. */
    readonly field: FieldName | null;
}

/** What was asked when it went wrong. */
export type Asked = StepName | "claim" | "finish" | "state";

/** The problem behind whatever was thrown. */
export function problemOf(thrown: unknown, asked: Asked): Problem {
    const cause = causeOf(thrown);
    return { cause, field: fieldOf(cause, asked) };
}

function causeOf(thrown: unknown): Cause {
    if (thrown instanceof NoAnswer) return { kind: "noAnswer" };
    if (!(thrown instanceof Refusal)) return { kind: "unknown", detail: thrown instanceof Error ? thrown.message : String(thrown) };
    const { status, fields, message } = thrown;
    const byReason = REASONS[text(fields["reason"])]?.(thrown);
    if (byReason !== undefined) return byReason;
    if (status === 401) return { kind: "sessionEnded" };
    // No such route any more: the wizard is gone.
    if (status === 404 && fields["errcode"] === "M_UNRECOGNIZED") return { kind: "over" };
    if (status === 413) return { kind: "tooLarge" };
    if (status === 429) return { kind: "tooFast", retryAfterMs: number(fields["retry_after_ms"]) };
    if (fields["errcode"] === "M_INVALID_USERNAME") return { kind: "usernameInvalid" };
    if (fields["errcode"] === "M_WEAK_PASSWORD") return { kind: "passwordLength", charsMin: number(fields["chars_min"]) };
    return { kind: status >= 500 ? "server" : "unknown", detail: message };
}

/** What stands between the server and a certificate, in the server's stable words; it may know more, which then tell of themselves. */
const OBSTACLES = ["local_name", "no_https", "no_redirect", "bad_directory", "directory_out_of_reach"] as const;
type Obstacle = (typeof OBSTACLES)[number];

/** What the server's `reason` says. */
const REASONS: Readonly<Record<string, (refusal: Refusal) => Cause>> = {
    wrong_claim_code: ({ fields }) => ({ kind: "wrongCode", triesLeft: number(fields["tries_left"]) }),
    new_claim_code: ({ fields }) => ({ kind: "newCode", tries: number(fields["tries_left"]) }),
    name_length: () => ({ kind: "nameLength" }),
    name_invalid: () => ({ kind: "nameInvalid" }),
    name_fixed: ({ fields }) => ({ kind: "nameFixed", serverName: text(fields["server_name"]) }),
    wrong_code: () => ({ kind: "wrongSecondCode" }),
    organisation_first: () => ({ kind: "organisationFirst" }),
    certificate_faults: ({ fields }) => ({ kind: "certificateFaults", faults: (fields["faults"] ?? []) as readonly Fault[] }),
    certificate_impossible: ({ fields, message }) => ({
        kind: "certificateImpossible",
        obstacle: OBSTACLES.find((known) => known === fields["obstacle"]) ?? "other",
        detail: message,
    }),
    unanswered: ({ fields }) => ({ kind: "unanswered", steps: (fields["steps"] ?? []) as readonly StepName[] }),
};

function fieldOf(cause: Cause, asked: Asked): FieldName | null {
    switch (cause.kind) {
        case "wrongCode":
        case "newCode":
            return "code";
        case "tooFast":
            return asked === "claim" ? "code" : null;
        case "nameLength":
            return asked === "organisation" ? "organisation" : asked === "owner" ? "displayName" : "directory";
        case "nameInvalid":
        case "nameFixed":
            return "serverName";
        case "usernameInvalid":
            return "username";
        case "passwordLength":
            return "password";
        case "wrongSecondCode":
            return "secondCode";
        case "certificateImpossible":
            return "source";
        case "certificateFaults":
            return cause.faults.every(isOfKey) ? "key" : "chain";
        case "noAnswer":
        case "sessionEnded":
        case "over":
        case "organisationFirst":
        case "unanswered":
        case "tooLarge":
        case "server":
        case "unknown":
            return null;
    }
}

const KEY_FAULTS = new Set(["no_key", "several_keys", "encrypted_key", "unusable_key", "key_mismatch"]);

/** Whether a fault is about the key and not about the certificates. */
export function isOfKey({ code, parameters }: Fault): boolean {
    return KEY_FAULTS.has(code) || parameters["part"] === "key";
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" ? value : 0);
