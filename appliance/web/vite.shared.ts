/**
 * What the builds of all applications have in common. An application's `vite.config.ts` is
 * `export default application(import.meta.dirname, { name: "client", base: "/" })`.
 */
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { type UserConfig, mergeConfig } from "vite";

/** The oldest browsers that the pages are made for: they know `light-dark()`, popovers and `<dialog>`. */
export const BROWSERS = ["chrome123", "edge123", "firefox128", "safari17.5"];

/** What is not a page while one develops, and the server that answers it. */
const OF_THE_SERVER = ["/_matrix", "/_veche", "/.well-known", "/api"];
const SERVER = "http://127.0.0.1:8080";

export interface Application {
    /** Its folder below `dist`, from which the server takes it. */
    readonly name: string;
    /** The path at which the server answers with it, with a slash at both ends. */
    readonly base: string;
}

/** The settings of an application in `folder`; `more` is merged into them. */
export function application(folder: string, { name, base }: Application, more: UserConfig = {}): UserConfig {
    const common: UserConfig = {
        root: folder,
        base,
        plugins: [react()],
        server: { proxy: Object.fromEntries(OF_THE_SERVER.map((path) => [path, SERVER])) },
        build: {
            outDir: resolve(folder, "../../dist", name),
            emptyOutDir: true,
            target: BROWSERS,
            cssTarget: BROWSERS,
            // Hashed names, which the server lets browsers keep for ever; everything else is asked for anew.
            assetsDir: "assets",
            // The policy of the pages lets no `data:` script, style or font in, and an image costs one request.
            assetsInlineLimit: 0,
            modulePreload: { polyfill: false },
            sourcemap: false,
            reportCompressedSize: false,
        },
    };
    return mergeConfig(common, more);
}
