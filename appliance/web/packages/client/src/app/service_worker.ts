/** The service worker: it keeps the shell of the page, so that it opens without a network, and brings notifications up. */

const RELOADED = "veche.reloaded";

/** Registers it in a built page; while developing, the newest code must come from the server. */
export function registerServiceWorker(): void {
    if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
    window.addEventListener("load", () => {
        // Without it the page works all the same, but not offline.
        navigator.serviceWorker.register("/sw.js", { scope: "/" }).catch(() => undefined);
    });
}

/** A part of the code that is not there any more, because the server has a newer version: the page is loaded anew, once. */
export function reloadOnNewVersion(): void {
    window.addEventListener("vite:preloadError", () => {
        if (sessionStorage.getItem(RELOADED) !== null) return;
        sessionStorage.setItem(RELOADED, "1");
        location.reload();
    });
}
