/**
 * Builds every application (a package with a `build` script) into `dist/<its name>`, and puts compressed forms beside the
 * files: the server compresses nothing itself. What is in `dist` and belongs to no application any more goes.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const ROOT = join(import.meta.dirname, "..");
const DIST = join(ROOT, "dist");
/** What is text, or as compressible as text; pictures and fonts are compressed already. */
const COMPRESSIBLE = /\.(?:html|js|mjs|css|json|webmanifest|wasm|svg|txt)$/;
/** Below this a compressed form saves no packet. */
const COMPRESSED_BYTES_MIN = 512;
/** A form that saves less than this is not worth its place. */
const SAVED_PART_MIN = 0.05;

const applications = readdirSync(join(ROOT, "packages")).filter((name) => {
    const manifest = join(ROOT, "packages", name, "package.json");
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).scripts?.build !== undefined;
});

for (const entry of readdirSync(DIST)) {
    if (!entry.startsWith(".") && !applications.includes(entry)) {
        rmSync(join(DIST, entry), { recursive: true });
    }
}
for (const name of applications) {
    const { status } = spawnSync("npm", ["run", "build", "--workspace", `packages/${name}`], { cwd: ROOT, stdio: "inherit" });
    if (status !== 0) {
        process.exit(status ?? 1);
    }
    if (!existsSync(join(DIST, name, "index.html"))) {
        console.error(`packages/${name} has a build script, but dist/${name}/index.html is not there`);
        process.exit(1);
    }
    await compress(join(DIST, name), name);
}

/** Compresses the files of an application, and tells how large it is. */
async function compress(folder, name) {
    let [files, plain, gzipped, brotlied] = [0, 0, 0, 0];
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        const file = join(folder, path);
        if (!COMPRESSIBLE.test(path)) {
            continue;
        }
        const content = readFileSync(file);
        const [gz, br] = await Promise.all([asGzip(content), asBrotli(content)]);
        files += 1;
        plain += content.length;
        gzipped += keep(`${file}.gz`, content, gz);
        brotlied += keep(`${file}.br`, content, br);
    }
    const kilobytes = (bytes) => `${Math.round(bytes / 1_000)} kB`;
    console.log(
        `${name}: ${files} files, ${kilobytes(plain)}, with gzip ${kilobytes(gzipped)}, with brotli ${kilobytes(brotlied)}`,
    );
}

function asGzip(content) {
    return promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION });
}

function asBrotli(content) {
    const params = {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    return promisify(brotliCompress)(content, { params });
}

/** Writes a form if it is worth it; the size that goes out then. */
function keep(path, plain, compressed) {
    const worth = plain.length >= COMPRESSED_BYTES_MIN && compressed.length <= plain.length * (1 - SAVED_PART_MIN);
    if (worth) {
        writeFileSync(path, compressed);
    }
    return worth ? compressed.length : plain.length;
}
