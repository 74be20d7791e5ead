//! Passkeys: the browser asks an authenticator to make one, and to show one (WebAuthn). The server makes the questions and
//! judges the answers; here they are only handed over.

import { Problem, type ProblemCode } from "../base/problem";

/** What the server sends and takes is WebAuthn's own JSON; nothing here looks into it. */
type Json = Readonly<Record<string, unknown>>;

/** The beginning of what stands for a password once; no password that anybody was given looks so. */
const PROOF = /^vpt_[0-9A-Za-z]{43}$/;

/** Whether this was not typed, but came of showing a passkey. */
export const isPasskeyProof = (password: string): boolean => PROOF.test(password);

/** Whether this browser makes and shows passkeys on this page. `name`: under which name the server has them; null: it has none. */
export function passkeysWorkHere(name: string | null, host: string = globalThis.location.hostname): boolean {
    if (name === null || (host !== name && !host.endsWith(`.${name}`))) return false;
    if (!globalThis.isSecureContext || typeof globalThis.PublicKeyCredential !== "function") return false;
    return typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function";
}

/** Lets an authenticator make a passkey; what it answers is for the server. */
export function makePasskey(options: Json): Promise<Json> {
    const asked = options as unknown as PublicKeyCredentialCreationOptionsJSON;
    return answered(() => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) }));
}

/** Lets an authenticator show a passkey; what it answers is for the server. */
export function showPasskey(options: Json): Promise<Json> {
    const asked = options as unknown as PublicKeyCredentialRequestOptionsJSON;
    return answered(() => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) }));
}

/** What browsers say, by the names of their exceptions (WebAuthn level 3, sections 5.1.3 and 5.1.4). */
const BY_NAME: Readonly<Record<string, ProblemCode>> = {
    // Its user has turned it away, or has let the time go by; browsers do not tell which.
    NotAllowedError: "passkeyNotShown",
    AbortError: "passkeyNotShown",
    InvalidStateError: "passkeyKnown",
};

async function answered(ask: () => Promise<Credential | null>): Promise<Json> {
    let credential: Credential | null;
    try {
        credential = await ask();
    } catch (thrown) {
        const { name, message } = thrown as { name?: unknown; message?: unknown };
        const code = typeof name === "string" && Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
        throw new Problem(code ?? "passkeyFailed", { detail: typeof message === "string" ? message : null, cause: thrown });
    }
    if (credential === null) throw new Problem("passkeyNotShown");
    return (credential as PublicKeyCredential).toJSON() as unknown as Json;
}
