/** Where the way goes on. */

/**
 * Opens Element X with the server filled in, or says where to get the app.
 * https://docs.element.io/ calls it a provisioning link; apps know it since the middle of 2025.
 */
export function elementX(serverName: string): string {
    return `https://mobile.element.io/element/?${new URLSearchParams({ account_provider: serverName })}`;
}

/**
 * What an authenticator app reads. The company's name stands in it twice, and Cyrillic takes six characters for a letter
 * there: where that gets too long for a picture, the account alone has to do, under which the app shows its codes.
 */
export function readable(uri: string, account: string, bytesMax: number): string {
    if (new TextEncoder().encode(uri).length <= bytesMax) return uri;
    const secret = new URL(uri).searchParams.get("secret") ?? "";
    return `otpauth://totp/${encodeURIComponent(account)}?secret=${secret}`;
}

/** Where people get programs for a desktop. */
export const DESKTOP_DOWNLOAD = "https://element.io/download";

/** Ways into the chat: under the server's own name, and, if that is another one, where the wizard was opened. */
export function chatAddresses(baseUrl: string, origin: string): { readonly named: string; readonly here: string | null } {
    const named = `${baseUrl.replace(/\/+$/, "")}/`;
    const here = `${origin}/`;
    return { named, here: here === named ? null : here };
}
