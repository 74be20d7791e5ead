//! The second factor: the code of an authenticator app stands behind the password, wherever a password is asked for.

import { isPasskeyProof } from "./passkeys";

/** A password with the code behind it; apps show the digits in two groups. None: the password alone, or a passkey's proof. */
export function withCode(password: string, code: string): string {
    const digits = digitsOf(code);
    return digits === "" || isPasskeyProof(password) ? password : `${password} ${digits}`;
}

/** The code without its blanks. */
export function digitsOf(code: string): string {
    return code.replace(/\s/g, "");
}
