import { defineConfig } from "vite";
import { application } from "../../vite.shared.ts";
import { emoji } from "./build/emoji.ts";
import { sdk } from "./build/sdk.ts";
import { serviceWorker } from "./build/service_worker.ts";
import { sizes } from "./build/sizes.ts";

/** Where `make run` listens: while developing, the pages are Vite's and everything else is the server's. */
const SERVER = "http://127.0.0.1:8080";

export default defineConfig(
    application(
        import.meta.dirname,
        { name: "client", base: "/" },
        {
            plugins: [emoji(), sdk(import.meta.dirname), serviceWorker(import.meta.dirname), sizes()],
            // Its WebAssembly is found beside its code, which must stay where it is.
            optimizeDeps: { exclude: ["@matrix-org/matrix-sdk-crypto-wasm"] },
            server: { proxy: { "/_matrix": SERVER, "/_veche": SERVER, "/.well-known": SERVER } },
        },
    ),
);
