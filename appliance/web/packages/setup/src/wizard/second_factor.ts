/** The secret that was offered for the owner's authenticator app: one, however often its page is looked at. */
import { Store } from "@veche/protocol";
import type { SecondFactorOffer } from "../api/types";
import type { Wizard } from "./wizard";

export class SecondFactor extends Store<SecondFactorOffer | null> {
    readonly #wizard: Wizard;
    #isAsked = false;

    constructor(wizard: Wizard) {
        super(null);
        this.#wizard = wizard;
    }

    /** Asks for a secret, unless there is one or it is asked for. */
    async want(): Promise<void> {
        if (this.#isAsked || this.getSnapshot() !== null) return;
        this.#isAsked = true;
        this.publish(await this.#wizard.request("owner", (api, token) => api.offerSecondFactor(token)));
        this.#isAsked = false;
    }

    /** It is taken, or belongs to another account. */
    forget(): void {
        this.publish(null);
    }
}
