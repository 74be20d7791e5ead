/** Where the way goes on. */

/**
 * Opens Element X with the server filled in, or says where to get the app.
 * https://docs.element.io/ calls it a provisioning link; apps know it since the middle of 2025.
 */
export function elementX(serverName: string): string {
    return `https://mobile.element.io/element/?${new URLSearchParams({ account_provider: serverName })}`;
}

/** Where people get programs for a desktop. */
export const DESKTOP_DOWNLOAD = "https://element.io/download";

/** Ways into the chat: under the server's own name, and, if that is another one, where the wizard was opened. */
export function chatAddresses(baseUrl: string, origin: string): { readonly named: string; readonly here: string | null } {
    const named = `${baseUrl.replace(/\/+$/, "")}/`;
    const here = `${origin}/`;
    return { named, here: here === named ? null : here };
}
