/** Builds the service worker beside the application and tells it which files are the shell. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "vite";

/** Loaded only when somebody opens a PDF, looks for an emoji or makes a call: kept when that happens. */
const LATER = /\/(?:Pdf|pdf|en-|ru-|EmojiPicker|_virtual|call|Call|FloatingCall|livekit|e2ee)/;
const MARK = "__VECHE_SHELL__";

export function serviceWorker(folder: string): Plugin {
    return {
        name: "veche-service-worker",
        apply: "build",
        config: () => ({
            build: {
                rolldownOptions: {
                    input: { index: resolve(folder, "index.html"), sw: resolve(folder, "sw/sw.ts") },
                    output: {
                        // Its address must stay, because browsers compare what is there.
                        entryFileNames: (chunk: { name: string }) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
                    },
                },
            },
        }),
        generateBundle(_, bundle) {
            const files = Object.keys(bundle)
                .filter((name) => name.startsWith("assets/") && /\.(?:js|css|wasm)$/.test(name) && !LATER.test(`/${name.slice("assets".length)}`))
                .map((name) => `/${name}`)
                .sort();
            const all = ["/", "/manifest.webmanifest", "/icons/icon.svg", ...files];
            // What is asked for by a fixed name is of another version when its content is.
            const fixed = ["index.html", "public/manifest.webmanifest", "public/icons/icon.svg"].map((name) => readFileSync(resolve(folder, name)));
            const hash = createHash("sha256").update(all.join("\n"));
            for (const content of fixed) hash.update(content);
            const version = hash.digest("hex").slice(0, 16);
            const worker = bundle["sw.js"];
            if (worker?.type !== "chunk") this.error("the service worker was not built");
            if (worker.imports.length > 0) this.error("the service worker must be one file");
            worker.code = worker.code.replaceAll(MARK, JSON.stringify({ version, files: all }));
        },
    };
}
