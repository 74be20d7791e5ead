//! What a tab remembers of a guest's visit, so that a page that is loaded anew brings the same guest back. The session itself
//! lies sealed in its database; here is only which one it is. It ends with the tab.

const KEY = "veche.visit";
const ID = /^[0-9a-f]{16}$/;

type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface KeptVisit {
    /** The database's. */
    readonly id: string;
    /** What the link ends with: another link is another visit. */
    readonly token: string;
    readonly roomId: string;
}

/** One tab's memory; null where the browser has none. */
export class VisitMemory {
    readonly #shelf: Shelf | null;

    constructor(shelf: Shelf | null) {
        this.#shelf = shelf;
    }

    /** The visit by this link. */
    find(token: string): KeptVisit | null {
        try {
            const kept = JSON.parse(this.#shelf?.getItem(KEY) ?? "null") as Partial<Record<keyof KeptVisit, unknown>> | null;
            const { id, roomId } = kept ?? {};
            if (kept?.token !== token || typeof id !== "string" || !ID.test(id) || typeof roomId !== "string") return null;
            return { id, token, roomId };
        } catch {
            // Somebody else's text under our key, or a storage that is forbidden.
            return null;
        }
    }

    /** False: the tab will not remember it. */
    keep(visit: KeptVisit): boolean {
        try {
            this.#shelf?.setItem(KEY, JSON.stringify(visit));
            return this.#shelf !== null;
        } catch {
            return false;
        }
    }

    forget(): void {
        try {
            this.#shelf?.removeItem(KEY);
        } catch {
            // Nothing was kept where nothing may be kept.
        }
    }
}

/** What stays while this tab stays. */
export function tabMemory(): VisitMemory {
    try {
        return new VisitMemory(sessionStorage);
    } catch {
        return new VisitMemory(null);
    }
}
