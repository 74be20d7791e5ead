/** What an authenticator app reads off a picture. */
import { QR_BYTES_MAX } from "./qr";

/**
 * The company's name stands in it twice, and Cyrillic takes six characters for a letter there: where that gets too long for
 * a picture, the account alone has to do, under which the app shows its codes.
 */
export function readableUri(uri: string, account: string): string {
    if (new TextEncoder().encode(uri).length <= QR_BYTES_MAX) return uri;
    const secret = new URL(uri).searchParams.get("secret") ?? "";
    return `otpauth://totp/${encodeURIComponent(account)}?secret=${secret}`;
}
