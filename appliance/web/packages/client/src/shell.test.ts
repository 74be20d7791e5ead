import { describe, expect, test, vi } from "vitest";
import { ShellCache } from "../sw/shell";

/** The caches of one browser. */
function storage() {
    const all = new Map<string, Map<string, string>>();
    const addressOf = (request: Request | string) => (typeof request === "string" ? request : new URL(request.url).pathname);
    const open = (name: string) => {
        const cache = all.get(name) ?? new Map<string, string>();
        all.set(name, cache);
        return Promise.resolve({
            match: (request: Request | string) => {
                const body = cache.get(addressOf(request));
                return Promise.resolve(body === undefined ? undefined : new Response(body));
            },
            put: async (request: Request | string, response: Response) => void cache.set(addressOf(request), await response.text()),
        });
    };
    const caches = { open, keys: () => Promise.resolve([...all.keys()]), delete: (name: string) => Promise.resolve(all.delete(name)) };
    return { all, caches: caches as unknown as CacheStorage };
}

/** A server with one version of the page. */
const serving = (version: string) =>
    vi.fn((request: Request | string) => {
        const path = typeof request === "string" ? request : new URL(request.url).pathname;
        return Promise.resolve(new Response(`${path} of ${version}`));
    });

const unreachable = () => Promise.reject(new TypeError("Failed to fetch"));
const page = () => new Request("https://b/");
const text = async (response: Promise<Response>) => (await response).text();

/** What one browser has kept, over several versions of the page. */
async function browser() {
    const { all, caches } = storage();
    const versions = { install: async (version: string, files: readonly string[], fetchFn = serving(version)) => {
        const shell = new ShellCache({ version, files: ["/", ...files] }, caches, fetchFn as unknown as typeof fetch);
        await shell.install();
        await shell.activate();
        return fetchFn.mock.calls.map(([request]) => request);
    } };
    const offline = (version: string, files: readonly string[] = []) => new ShellCache({ version, files: ["/", ...files] }, caches, unreachable);
    return Promise.resolve({ all, caches, offline, ...versions });
}

describe("the shell", () => {
    test("opens without a network", async () => {
        const { install, offline } = await browser();
        await install("1", ["/assets/a.js"]);
        expect(await text(offline("1").page(page()))).toBe("/ of 1");
        expect(await text(offline("1").asset(new Request("https://b/assets/a.js")))).toBe("/assets/a.js of 1");
    });

    test("is never that of an older version once there is a newer one", async () => {
        const { install, offline, all } = await browser();
        await install("1", ["/assets/a.js"]);
        await install("2", ["/assets/b.js"]);
        expect(await text(offline("2").page(page()))).toBe("/ of 2");
        await install("3", ["/assets/c.js"]);
        expect(await text(offline("3").page(page()))).toBe("/ of 3");
        // A page that is still open may want what the version before had; older ones are gone.
        expect([...all.keys()]).toEqual(["veche-shell-2", "veche-shell-3"]);
        expect(await text(offline("3").asset(new Request("https://b/assets/b.js")))).toBe("/assets/b.js of 2");
        await expect(offline("3").asset(new Request("https://b/assets/a.js"))).rejects.toThrow();
    });

    test("is the newest one as long as the server answers, and the kept one if a gateway does", async () => {
        const { install, caches } = await browser();
        await install("1", []);
        const answering = (response: Response) => new ShellCache({ version: "1", files: ["/"] }, caches, () => Promise.resolve(response)).page(page());
        expect(await text(answering(new Response("newest")))).toBe("newest");
        expect(await text(answering(new Response("down", { status: 502 })))).toBe("/ of 1");
        expect((await answering(new Response("", { status: 404 }))).status).toBe(404);
    });

    test("is kept whole or not at all, and what did not change is not fetched again", async () => {
        const { install, caches } = await browser();
        await install("1", ["/assets/same.js", "/assets/old.js", "/manifest.webmanifest"]);
        const asked = await install("2", ["/assets/same.js", "/assets/new.js", "/manifest.webmanifest"]);
        expect(asked.sort()).toEqual(["/", "/assets/new.js", "/manifest.webmanifest"]);
        const missing = new ShellCache({ version: "3", files: ["/gone"] }, caches, () => Promise.resolve(new Response("", { status: 404 })));
        await expect(missing.install()).rejects.toThrow("/gone: 404");
    });
});
