//! Wishes of this device that are no secret: kept in localStorage, read before the first paint.

import { Store } from "../base/store";

const KEY = "veche.settings";

export interface Settings {
    /** Browser notifications of new messages. */
    readonly notifications: boolean;
    /** Show what was written, or only that something was. */
    readonly notificationText: boolean;
    readonly sound: boolean;
    /** No notifications before this time (ms since 1970); `Infinity` is kept as -1: until it is switched off. */
    readonly doNotDisturbUntil: number | null;
    /** Enter sends, Shift+Enter breaks the line; or the other way round with Ctrl+Enter. */
    readonly enterSends: boolean;
    /** Others see what I have read. */
    readonly readReceipts: boolean;
    /** Others see that I am typing. */
    readonly typing: boolean;
    /** Joins, leaves and changes of profile in the timeline. */
    readonly membershipEvents: boolean;
    /** Sections of the room list that are folded. */
    readonly foldedSections: readonly string[];
    /** The space that the room list is filtered by. */
    readonly space: string | null;
}

export const DEFAULTS: Settings = {
    notifications: false,
    notificationText: true,
    sound: false,
    doNotDisturbUntil: null,
    enterSends: true,
    readReceipts: true,
    typing: true,
    membershipEvents: true,
    foldedSections: [],
    space: null,
};

/** `doNotDisturbUntil` that never comes. */
export const UNTIL_SWITCHED_OFF = -1;

function read(storage: Pick<Storage, "getItem">): Settings {
    try {
        const saved: unknown = JSON.parse(storage.getItem(KEY) ?? "{}");
        if (typeof saved !== "object" || saved === null) return DEFAULTS;
        const known = Object.entries(saved).filter(([name, value]) => {
            if (!Object.hasOwn(DEFAULTS, name)) return false;
            const wanted = DEFAULTS[name as keyof Settings];
            if (wanted === null) return value === null || typeof value === (name === "space" ? "string" : "number");
            return Array.isArray(wanted) ? Array.isArray(value) : typeof value === typeof wanted;
        });
        return { ...DEFAULTS, ...Object.fromEntries(known) };
    } catch {
        // Somebody else's text under our key: as if nothing was saved.
        return DEFAULTS;
    }
}

export class SettingsStore extends Store<Settings> {
    readonly #storage: Pick<Storage, "getItem" | "setItem">;

    constructor(storage: Pick<Storage, "getItem" | "setItem"> = localStorage) {
        super(read(storage));
        this.#storage = storage;
    }

    change(part: Partial<Settings>): void {
        const next = { ...this.getSnapshot(), ...part };
        this.publish(next);
        try {
            this.#storage.setItem(KEY, JSON.stringify(next));
        } catch {
            // A full or forbidden storage: the wish holds until the page is closed.
        }
    }

    /** Whether notifications are held back at this moment. */
    quiet(nowMs: number): boolean {
        const until = this.getSnapshot().doNotDisturbUntil;
        return until !== null && (until === UNTIL_SWITCHED_OFF || nowMs < until);
    }
}
