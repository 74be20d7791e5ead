/** Says how much a browser has to fetch before a page can be used, and fails the build when that is too much. */
import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

/** What the page to sign in may weigh, compressed with gzip. */
const LOGIN_BYTES_MAX = 150_000;
/** What the list of rooms may weigh, all of the page to sign in included; the cryptography comes beside it. */
const ROOMS_BYTES_MAX = 400_000;
/** What the list of rooms and the page beside it are made of, loaded after signing in. */
const ROOMS = ["Workspace", "Running", "engine"];

type Bundle = Rolldown.OutputBundle;

/** A chunk with everything that it imports, and the styles of all of them. */
function add(names: Set<string>, bundle: Bundle, name: string): void {
    const chunk = bundle[name];
    if (names.has(name) || chunk?.type !== "chunk") return;
    names.add(name);
    for (const style of chunk.viteMetadata?.importedCss ?? []) names.add(style);
    for (const imported of chunk.imports) add(names, bundle, imported);
}

function gzipped(names: Iterable<string>, bundle: Bundle): number {
    let bytes = 0;
    for (const name of names) {
        const file = bundle[name];
        if (file) bytes += gzipSync(file.type === "chunk" ? file.code : file.source, { level: 9 }).length;
    }
    return bytes;
}

export function sizes(): Plugin {
    return {
        name: "veche-sizes",
        apply: "build",
        generateBundle: {
            order: "post",
            handler(_, bundle) {
                const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
                const names = new Set<string>(["index.html"]);
                for (const { fileName, name, isEntry } of chunks) if (isEntry && name === "index") add(names, bundle, fileName);
                const login = gzipped(names, bundle);
                for (const wanted of ROOMS) {
                    const chunk = chunks.find(({ name }) => name === wanted);
                    if (!chunk) return this.error(`no chunk of its own: ${wanted}`);
                    add(names, bundle, chunk.fileName);
                }
                const rooms = gzipped(names, bundle);
                this.info(`page to sign in ${login} bytes with gzip, with the list of rooms ${rooms}`);
                if (login > LOGIN_BYTES_MAX) this.error(`the page to sign in has ${login} bytes with gzip; ${LOGIN_BYTES_MAX} are the limit`);
                if (rooms > ROOMS_BYTES_MAX) this.error(`the list of rooms has ${rooms} bytes with gzip; ${ROOMS_BYTES_MAX} are the limit`);
            },
        },
    };
}
