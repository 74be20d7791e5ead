/**
 * The shell of the client (its page, code and styles) between the network and the caches: what is kept of which version, and
 * which is answered. Knows no service worker, so that it can be tested without one.
 */

/** What the build knows: the shell's files, and a name that differs with them. */
export interface Shell {
    readonly version: string;
    readonly files: readonly string[];
}

/** [Static routing](https://w3c.github.io/ServiceWorker/#service-worker-static-router), of which TypeScript knows nothing yet. */
export interface RouterRule {
    readonly condition: { readonly or: readonly { readonly urlPattern: { readonly pathname: string } }[] };
    readonly source: "cache";
}

const PREFIX = "veche-shell-";

/** A page that is still open with the code of the version before may ask for a part of it that it has not loaded yet. */
const CACHES_KEPT = 2;

/** A server that takes longer than this to answer with the page is treated as not there. */
const PAGE_MS_MAX = 4_000;

const PAGE = "/";

/** Hashed names hold one content for ever. */
export const isAsset = (path: string): boolean => path.startsWith("/assets/");

export class ShellCache {
    readonly #shell: Shell;
    readonly #caches: CacheStorage;
    readonly #fetch: typeof fetch;

    constructor(shell: Shell, storage: CacheStorage, fetchFn: typeof fetch) {
        this.#shell = shell;
        this.#caches = storage;
        this.#fetch = fetchFn;
    }

    get #name(): string {
        return PREFIX + this.#shell.version;
    }

    /** Keeps the whole shell, or fails. What did not change since the last version is not fetched again. */
    async install(): Promise<void> {
        const before = await this.#ours();
        const cache = await this.#caches.open(this.#name);
        await Promise.all(
            this.#shell.files.map(async (file) => {
                const known = isAsset(file) ? await this.#find(before, file) : undefined;
                const response = known ?? (await this.#fetch(file, { cache: "no-cache" }));
                if (!response.ok) throw new Error(`${file}: ${response.status}`);
                await cache.put(file, response);
            }),
        );
    }

    /** Drops what older versions kept, but for the last one. */
    async activate(): Promise<void> {
        const old = (await this.#ours()).filter((name) => name !== this.#name);
        for (const name of old.slice(0, Math.max(0, old.length - (CACHES_KEPT - 1)))) await this.#caches.delete(name);
    }

    /** The page: the newest one if the server answers, else the one that belongs to this version's code. */
    async page(request: Request): Promise<Response> {
        try {
            const response = await this.#fetch(request, { signal: AbortSignal.timeout(PAGE_MS_MAX) });
            // An answer such as "not found" is the server's; "not there" is a gateway's.
            if (response.status < 500) return response;
            return (await this.#find([this.#name], PAGE)) ?? response;
        } catch (error) {
            const kept = await this.#find([this.#name], PAGE);
            if (kept) return kept;
            throw error;
        }
    }

    /** A file with a hashed name, of this version or the one before; kept when it is used first. */
    async asset(request: Request): Promise<Response> {
        const kept = (await this.#find([this.#name], request)) ?? (await this.#find(await this.#ours(), request));
        if (kept) return kept;
        const response = await this.#fetch(request);
        if (response.ok) {
            const cache = await this.#caches.open(this.#name);
            await cache.put(request, response.clone());
        }
        return response;
    }

    /** What is kept and has no hashed name: the manifest, the icon. The newest one if the server answers. */
    async other(request: Request): Promise<Response> {
        try {
            return await this.#fetch(request);
        } catch (error) {
            const kept = await this.#find([this.#name], request);
            if (kept) return kept;
            throw error;
        }
    }

    /** The kept files that never change: a browser that can answers with them itself, without waking this worker. */
    get routes(): RouterRule | null {
        const assets = this.#shell.files.filter(isAsset);
        if (assets.length === 0) return null;
        return { condition: { or: assets.map((pathname) => ({ urlPattern: { pathname } })) }, source: "cache" };
    }

    /** Whether this version keeps the file. */
    keeps(path: string): boolean {
        return this.#shell.files.includes(path);
    }

    async #ours(): Promise<string[]> {
        return (await this.#caches.keys()).filter((name) => name.startsWith(PREFIX));
    }

    /** In the first of these caches that has it. A search over all caches would find the oldest page. */
    async #find(names: readonly string[], request: Request | string): Promise<Response | undefined> {
        for (const name of names) {
            const cache = await this.#caches.open(name);
            const found = await cache.match(request);
            if (found) return found;
        }
        return undefined;
    }
}
