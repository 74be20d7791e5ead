// Pages from a folder (VECHE_TEST_PAGES) instead of those that the binary carries: a change of them needs no new binary.
//
// What the folder has is answered from it, under the policy that the server gives its own pages; the rest is the server's.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, request as ask } from "node:http";
import { extname, join, normalize } from "node:path";
import { after } from "node:test";

const TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
};
const APPLICATIONS = ["admin", "setup"];
/** What belongs to one answer and not to all pages. */
const OF_ONE = ["content-length", "content-type", "content-encoding", "etag", "cache-control", "date", "connection", "keep-alive", "transfer-encoding"];

/** The file that answers a path, as the server would find it; null: none. */
function find(folder, path) {
    const application = APPLICATIONS.find((name) => path === `/${name}` || path.startsWith(`/${name}/`));
    const rest = normalize(application ? path.slice(application.length + 1) : path);
    const root = join(folder, application ?? "client");
    const file = join(root, rest);
    if (rest !== "/" && existsSync(file) && statSync(file).isFile()) return file;
    return rest === "/" || (application && !extname(rest)) ? join(root, "index.html") : null;
}

function deliver(file, request, answer, policy) {
    const brotli = existsSync(`${file}.br`) && /\bbr\b/.test(request.headers["accept-encoding"] ?? "");
    const body = readFileSync(brotli ? `${file}.br` : file);
    // As the server does: without a tag a browser would fetch again what it is still being given.
    const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
    const known = request.headers["if-none-match"] === etag;
    answer.writeHead(known ? 304 : 200, {
        ...policy,
        etag,
        vary: "Accept-Encoding",
        "content-type": TYPES[extname(file)] ?? "application/octet-stream",
        "cache-control": file.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
        ...(brotli ? { "content-encoding": "br" } : {}),
        ...(known ? {} : { "content-length": body.length }),
    });
    answer.end(known || request.method === "HEAD" ? undefined : body);
}

function pass(target, request, answer) {
    const { hostname, port } = new URL(target);
    const passed = ask({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (got) => {
        answer.writeHead(got.statusCode, got.headers);
        got.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    // A page that is closed no longer waits for its sync.
    answer.on("close", () => passed.destroy());
    request.pipe(passed);
}

/** A connection that becomes another one, such as the signaling of calls: both ends speak to each other through this one. */
function passUpgrade(target, request, near, head) {
    const { hostname, port } = new URL(target);
    const passed = ask({ hostname, port, path: request.url, method: request.method, headers: request.headers });
    const refuse = () => near.destroy();
    passed.on("upgrade", (got, far, rest) => {
        const lines = Object.entries(got.headers).map(([name, value]) => `${name}: ${value}\r\n`);
        near.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`);
        near.write(rest);
        far.write(head);
        far.pipe(near).pipe(far);
        for (const [one, other] of [[near, far], [far, near]]) one.on("error", () => other.destroy()).on("close", () => other.destroy());
    });
    passed.on("response", refuse);
    passed.on("error", refuse);
    near.on("error", () => passed.destroy());
    passed.end();
}

/** The address at which the pages of `folder` stand in front of the server at `url`. */
export async function standInFront(url, folder) {
    const { headers } = await fetch(`${url}/`);
    const policy = Object.fromEntries([...headers].filter(([name]) => !OF_ONE.includes(name)));
    const proxy = createServer((request, answer) => {
        const { pathname } = new URL(request.url, url);
        const file = ["GET", "HEAD"].includes(request.method) ? find(folder, pathname) : null;
        if (file) deliver(file, request, answer, policy);
        else pass(url, request, answer);
    });
    const upgraded = new Set();
    proxy.on("upgrade", (request, socket, head) => {
        upgraded.add(socket);
        socket.on("close", () => upgraded.delete(socket));
        passUpgrade(url, request, socket, head);
    });
    await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    after(() => {
        proxy.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
        proxy.close();
    });
    return `http://localhost:${proxy.address().port}`;
}
