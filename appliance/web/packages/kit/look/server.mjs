/** Builds the page as an application is built, and serves it with the policy that the product serves its pages with. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { build, preview } from "vite";

/** As in `src/headers.rs` of the crate that serves the pages; a test there compares the two. */
const POLICY = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
].join("; ");

/** Names of a browser that the machine may have. */
const BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

/** The page at an address of its own; `close` takes it away. */
export async function openLook() {
    const outDir = await mkdtemp(join(tmpdir(), "veche-look-"));
    const shared = { root: import.meta.dirname, logLevel: "warn", build: { outDir, emptyOutDir: true } };
    // A runner of tests says "test" here, and would get React with all its checks, which nobody ships.
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = "production";
    await build(shared);
    process.env.NODE_ENV = before;
    const server = await preview({
        ...shared,
        preview: { port: 0, host: "127.0.0.1", headers: { "Content-Security-Policy": POLICY } },
    });
    return {
        url: server.resolvedUrls.local[0],
        browser: {
            executablePath: findBrowser(),
            args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"],
        },
        async close() {
            await server.close();
            await rm(outDir, { recursive: true });
        },
    };
}

function findBrowser() {
    const folders = (process.env.PATH ?? "").split(delimiter);
    const found = BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
    if (found === undefined) {
        throw new Error(`there is no browser: please install one of ${BROWSERS.join(", ")}`);
    }
    return found;
}
