/**
 * Writes the types of the server's own API, from the OpenAPI files that its tests keep. What comes out is committed, so that
 * pages are built without the server; with `--check` nothing is written, and it fails where that is stale.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";

const ROOT = join(import.meta.dirname, "..");
const HEAD = "// Written by `npm run api`, from what the server says of itself.\n\n";

/** The file of each API, the package that talks to it, and what its types are written into. */
const APIS = [
    ["admin.json", "admin", "schema.ts"],
    ["account.json", "admin", "account_schema.ts"],
    ["meetings.json", "protocol", "meetings_schema.ts"],
    ["setup.json", "setup", "schema.ts"],
].map(([name, owner, file]) => ({
    name,
    description: join(ROOT, "../api/openapi", name),
    types: join(ROOT, "packages", owner, "src/api", file),
    folder: join(ROOT, "packages", owner),
}));

const check = process.argv.includes("--check");
const stale = [];
for (const { name, description, types } of APIS.filter((api) => existsSync(api.folder))) {
    const written = HEAD + astToString(await openapiTS(JSON.parse(readFileSync(description, "utf8")), { defaultNonNullable: false }));
    if (!existsSync(types) || readFileSync(types, "utf8") !== written) {
        if (check) stale.push(name);
        else writeFileSync(types, written);
    }
}
if (stale.length > 0) {
    console.error(`The types of ${stale.join(", ")} are stale: run \`npm run api\` and commit what it writes.`);
    process.exit(1);
}
