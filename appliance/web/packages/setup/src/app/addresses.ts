/** The part of the address behind `#`: which page is meant, so that the browser's own "back" works. */
import { Store } from "@veche/protocol";
import { codeIn } from "../wizard/steps";

export class Addresses extends Store<string> {
    /** The code that somebody came with; it does not stay in the address, where it could be seen and kept. */
    readonly code: string | null;

    constructor() {
        super(location.hash);
        this.code = codeIn(location.hash);
        if (this.code !== null) this.replace("");
        addEventListener("hashchange", () => {
            this.publish(location.hash);
        });
    }

    go(address: string): void {
        if (location.hash !== address) location.hash = address;
    }

    /** The same without a step for "back". */
    replace(address: string): void {
        history.replaceState(null, "", address === "" ? location.pathname + location.search : address);
        this.publish(location.hash);
    }
}
