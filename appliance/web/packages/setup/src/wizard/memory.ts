/**
 * What this tab of the browser keeps over a reload: the proof that the code was shown, and what was typed (never a password
 * or a key). Another tab asks for the code again. How it ended is kept nowhere: then the server knows this page no more.
 */

const TOKEN = "veche.setup.token";
const TYPED = "veche.setup.typed";

type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export class Memory {
    readonly #storage: Kept | null;

    constructor(storage: Kept | null) {
        this.#storage = storage;
    }

    get token(): string | null {
        return this.#get(TOKEN);
    }

    set token(token: string | null) {
        this.#set(TOKEN, token);
    }

    get typed(): Readonly<Record<string, string>> {
        try {
            return (JSON.parse(this.#get(TYPED) ?? "{}") as Record<string, string> | null) ?? {};
        } catch {
            return {};
        }
    }

    set typed(typed: Readonly<Record<string, string>>) {
        this.#set(TYPED, JSON.stringify(typed));
    }

    #get(key: string): string | null {
        try {
            return this.#storage?.getItem(key) ?? null;
        } catch {
            return null;
        }
    }

    #set(key: string, value: string | null): void {
        try {
            if (value === null) this.#storage?.removeItem(key);
            else this.#storage?.setItem(key, value);
        } catch {
            // The browser keeps nothing for this page: then a reload asks for the code again.
        }
    }
}

/** A browser that forbids it throws at the very name. */
export function tabStorage(): Kept | null {
    try {
        return sessionStorage;
    } catch {
        return null;
    }
}
