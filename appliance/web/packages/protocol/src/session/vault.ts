//! Keys that cannot leave the browser, and what is sealed with them: everything that an account keeps on this device.
//!
//! Whoever copies the profile's files gets ciphertext under names that say nothing; a script that runs in the page could
//! still ask for decryption, which is what the Content-Security-Policy is there to prevent. Each account has a vault of its
//! own, in its own database: when that is deleted, nothing opens what may be left on the disk.

import type { Database } from "../base/database";
import { Problem } from "../base/problem";

const ALGORITHM = "AES-GCM";
const KEY_BITS = 256;
const IV_BYTES = 12;
const SEAL_KEY = "vault-key";
const NAME_KEY = "vault-names";

/** Where a vault keeps its keys. */
export const VAULT_DRAWER = "keys";

/** Ciphertext with what is needed to open it again. */
export interface Sealed {
    readonly iv: Uint8Array<ArrayBuffer>;
    readonly data: ArrayBuffer;
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function keyOf(database: Database, name: string, make: () => Promise<CryptoKey>): Promise<CryptoKey> {
    const known = await database.get<CryptoKey>(VAULT_DRAWER, name);
    if (known) return known;
    const made = await make();
    await database.put(VAULT_DRAWER, name, made);
    return made;
}

export class Vault {
    readonly #sealing: CryptoKey;
    readonly #naming: CryptoKey;

    private constructor(sealing: CryptoKey, naming: CryptoKey) {
        this.#sealing = sealing;
        this.#naming = naming;
    }

    /** The vault of this database; made when there is none. */
    static async open(database: Database): Promise<Vault> {
        const { subtle } = crypto;
        const [sealing, naming] = await Promise.all([
            keyOf(database, SEAL_KEY, () => subtle.generateKey({ name: ALGORITHM, length: KEY_BITS }, false, ["encrypt", "decrypt"])),
            keyOf(database, NAME_KEY, () => subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"])),
        ]);
        return new Vault(sealing, naming);
    }

    /** Seals bytes for a place; they open in no other one. */
    async seal(plain: Uint8Array<ArrayBuffer>, place = ""): Promise<Sealed> {
        const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
        const cipher = { name: ALGORITHM, iv, additionalData: bytesOf(place) };
        return { iv, data: await crypto.subtle.encrypt(cipher, this.#sealing, plain) };
    }

    /** Opens what `seal` closed. Fails for what another vault has sealed, or this one for another place. */
    async open(sealed: Sealed, place = ""): Promise<Uint8Array<ArrayBuffer>> {
        try {
            const cipher = { name: ALGORITHM, iv: sealed.iv, additionalData: bytesOf(place) };
            return new Uint8Array(await crypto.subtle.decrypt(cipher, this.#sealing, sealed.data));
        } catch (error) {
            throw new Problem("storage", { detail: "What is stored here cannot be opened", cause: error });
        }
    }

    sealText(plain: string, place = ""): Promise<Sealed> {
        return this.seal(bytesOf(plain), place);
    }

    async openText(sealed: Sealed, place = ""): Promise<string> {
        return new TextDecoder().decode(await this.open(sealed, place));
    }

    /** A name under which something can be found again, and from which nobody learns what it is. */
    async nameOf(plain: string): Promise<string> {
        const mac = new Uint8Array(await crypto.subtle.sign("HMAC", this.#naming, bytesOf(plain)));
        return btoa(String.fromCharCode(...mac));
    }
}
