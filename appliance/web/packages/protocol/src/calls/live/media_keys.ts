//! The keys of sound and pictures: each participant has one of his own, and sends it to the devices of the others.

import { BaseKeyProvider } from "livekit-client";

/**
 * All the indices that the SDK counts through. Nobody ratchets: keys are sent anew when somebody comes or goes. Frames that
 * come before their key are no reason to give the key up.
 */
const OPTIONS = { keyringSize: 256, ratchetWindowSize: 0, failureTolerance: -1 };

export class MediaKeys extends BaseKeyProvider {
    readonly #identities = new Set<string>();
    #setting = Promise.resolve();

    constructor() {
        super(OPTIONS);
    }

    /** Whether this participant's key has come: before that nobody can hear him. */
    has(identity: string): boolean {
        return this.#identities.has(identity);
    }

    /** One after the other: the key that is set last is the one that is used. */
    set(identity: string, index: number, key: Uint8Array<ArrayBuffer>): Promise<void> {
        this.#setting = this.#setting.then(async () => {
            const material = await crypto.subtle.importKey("raw", key, "HKDF", false, ["deriveBits", "deriveKey"]);
            this.onSetEncryptionKey(material, identity, index);
            this.#identities.add(identity);
        });
        return this.#setting;
    }
}
