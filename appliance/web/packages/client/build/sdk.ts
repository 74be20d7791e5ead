/** Leaves out of the SDK what this client does not use, so that the shell stays small. */
import { resolve } from "node:path";
import type { Plugin } from "vite";

const CALLS = /^\.\/webrtc\/(?:call|callEventHandler|groupCall|groupCallEventHandler|mediaHandler)\.js$/;
const SDK_CLIENT = "/matrix-js-sdk/lib/client.js";
/** Packages whose modules do nothing by being imported, though they do not say so. */
const PURE = /\/node_modules\/(?:matrix-js-sdk|matrix-widget-api)\//;

export function sdk(folder: string): Plugin {
    const place = (name: string) => resolve(folder, "build/sdk", name);
    return {
        name: "veche-sdk",
        enforce: "pre",
        apply: "build",
        config: () => ({ build: { rolldownOptions: { treeshake: { moduleSideEffects: (id: string) => !PURE.test(id) } } } }),
        resolveId(source, importer) {
            if (CALLS.test(source) && importer?.endsWith(SDK_CLIENT)) return place("no_calls.js");
            return source === "unhomoglyph" ? place("lookalikes.js") : null;
        },
    };
}
