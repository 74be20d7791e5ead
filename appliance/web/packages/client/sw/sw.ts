/**
 * The service worker: keeps the shell of the client, so that it opens without a network. What the server says
 * (`/_matrix/…`) never passes through here, and messages are not kept here.
 */
import { type RouterRule, type Shell, ShellCache, isAsset } from "./shell";

/** What runs this file; the types of TypeScript say only that it is some worker. */
const worker = self as unknown as ServiceWorkerGlobalScope;

/** What the build puts here. */
declare const __VECHE_SHELL__: Shell;

const shell = new ShellCache(__VECHE_SHELL__, caches, (...request) => fetch(...request));

async function install(): Promise<void> {
    await shell.install();
    await worker.skipWaiting();
}

async function activate(): Promise<void> {
    await shell.activate();
    await worker.clients.claim();
}

/** Brings the page to what a notification is about. */
async function open(hash: string): Promise<void> {
    const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    const known = pages.find((client) => new URL(client.url).pathname === "/");
    if (!known) {
        await worker.clients.openWindow(`/${hash}`);
        return;
    }
    known.postMessage({ open: hash });
    await known.focus();
}

interface Routing {
    addRoutes?(rule: RouterRule): Promise<void>;
}

worker.addEventListener("install", (event) => {
    const { routes } = shell;
    // A browser that does not know it asks this worker, which answers the same.
    if (routes) event.waitUntil((event as Routing).addRoutes?.(routes).catch(() => undefined) ?? Promise.resolve());
    event.waitUntil(install());
});

worker.addEventListener("activate", (event) => {
    event.waitUntil(activate());
});

worker.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== worker.location.origin) return;
    if (request.mode === "navigate" && url.pathname === "/") event.respondWith(shell.page(request));
    else if (isAsset(url.pathname)) event.respondWith(shell.asset(request));
    else if (request.mode !== "navigate" && shell.keeps(url.pathname)) event.respondWith(shell.other(request));
});

worker.addEventListener("notificationclick", (event) => {
    event.notification.close();
    const { hash } = event.notification.data as { readonly hash?: string };
    event.waitUntil(open(hash ?? "#/"));
});
