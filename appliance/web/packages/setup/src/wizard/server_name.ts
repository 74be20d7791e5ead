/** Names of servers as people type them. */

/** Endings that no public authority vouches for (RFC 2606, 6761, 6762, 8375, and what people use at home). */
const LOCAL_ENDINGS = ["localhost", "local", "lan", "internal", "intranet", "home", "corp", "home.arpa", "test", "example", "invalid"];

/**
 * The name that is meant: without `https://` and what comes after it, in small letters, with letters of other alphabets as
 * DNS writes them. What is no name stays as it is, for the server to refuse.
 */
export function asServerName(typed: string): string {
    const text = typed.trim();
    const bare = text.replace(/^[a-z]+:\/\//i, "").replace(/[/?#].*$/s, "");
    if (bare === "" || /[\s@\\<>]/.test(bare)) return text;
    try {
        const { hostname } = new URL(`https://${bare}`);
        const port = /:(\d+)$/.exec(bare)?.[1];
        return port === undefined ? hostname : `${hostname}:${port}`;
    } catch {
        return text;
    }
}

/** Whether a name is an address of a machine, and not a name. */
export function isAddress(serverName: string): boolean {
    const host = hostOf(serverName);
    return host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host);
}

/** Whether a public authority could vouch for this name. */
export function canBePublic(serverName: string): boolean {
    const host = hostOf(serverName);
    if (isAddress(serverName) || !host.includes(".")) return false;
    return !LOCAL_ENDINGS.some((ending) => host.endsWith(`.${ending}`));
}

/** The name that the page was opened under, if it can be a server's for good; else none. */
export function suggestedName(hostname: string): string {
    return isAddress(hostname) || hostname === "localhost" || !hostname.includes(".") ? "" : hostname;
}

function hostOf(serverName: string): string {
    return serverName.startsWith("[") ? serverName : serverName.replace(/:\d+$/, "");
}
