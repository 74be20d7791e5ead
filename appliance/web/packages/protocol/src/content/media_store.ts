//! Files as addresses that an `<img>` can show: fetched with the session's token, decrypted, kept while somebody shows them.

import { decryptAttachment } from "matrix-encrypt-attachment";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import { Problem, problemOf } from "../base/problem";
import type { MediaSource } from "./body";

/** Files kept for showing them again, beyond those that are shown. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;

/** How long after its last use an address stays good at least: pages let go of it and take it again while scrolling. */
const KEPT_MS_MIN = 5_000;

/** Requests at once; a room list full of pictures must not hold up a message. */
const FETCHES_MAX = 6;

/** Types that a browser may show by itself. Everything else is bytes to it, whatever the sender says. */
const SHOWN_TYPES = /^(image\/(png|jpeg|gif|webp|avif|bmp|apng)|video\/(mp4|webm|ogg|quicktime)|audio\/[\w.+-]+)$/;

/** A wish for a smaller picture, in CSS pixels. */
export interface Size {
    readonly width: number;
    readonly height: number;
    readonly crop?: boolean;
}

interface Entry {
    readonly url: Promise<string>;
    bytes: number;
    uses: number;
    lastUsedMs: number;
    resolved: string | null;
}

export type FetchBytes = (path: string, signal?: AbortSignal) => Promise<ArrayBuffer>;

/** The type under which bytes are given to the browser. */
export const safeType = (mimetype: string): string => {
    const plain = mimetype.split(";")[0]?.trim().toLowerCase() ?? "";
    return SHOWN_TYPES.test(plain) ? plain : "application/octet-stream";
};

function pathOf(mxc: string, size: Size | null): string {
    const [server, id] = mxc.replace(/^mxc:\/\//, "").split("/");
    if (!server || !id || !mxc.startsWith("mxc://")) throw new Problem("notFound", { detail: "Not a content address" });
    const place = `${encodeURIComponent(server)}/${encodeURIComponent(id)}`;
    if (!size) return `/_matrix/client/v1/media/download/${place}`;
    const query = new URLSearchParams({
        width: String(Math.ceil(size.width)),
        height: String(Math.ceil(size.height)),
        method: size.crop ? "crop" : "scale",
    });
    return `/_matrix/client/v1/media/thumbnail/${place}?${query}`;
}

/** Fetches with the token that the client has at that moment. */
export function authenticatedFetch(client: MatrixClient): FetchBytes {
    return async (path, signal) => {
        const response = await fetch(`${client.getHomeserverUrl()}${path}`, {
            headers: { Authorization: `Bearer ${client.getAccessToken() ?? ""}` },
            credentials: "omit",
            signal: signal ?? null,
        });
        if (response.ok) return response.arrayBuffer();
        const data: unknown = await response.json().catch(() => ({}));
        throw Object.assign(new Error(`HTTP ${response.status}`), {
            httpStatus: response.status,
            errcode: (data as { errcode?: unknown }).errcode,
            data,
        });
    };
}

export class MediaStore {
    readonly #fetch: FetchBytes;
    readonly #entries = new Map<string, Entry>();
    readonly #now: () => number;
    #fetching = 0;
    readonly #waiting: (() => void)[] = [];

    constructor(fetchBytes: FetchBytes, now: () => number = () => performance.now()) {
        this.#fetch = fetchBytes;
        this.#now = now;
    }

    /**
     * An address of the file, or of a picture of about this size where the server can make one (it cannot of encrypted
     * files). Every `show` is answered with one `release` later.
     */
    show(source: MediaSource, size: Size | null = null): Promise<string> {
        const key = this.#key(source, size);
        let entry = this.#entries.get(key);
        if (!entry) {
            entry = this.#load(key, source, size);
            this.#entries.set(key, entry);
        }
        entry.uses += 1;
        return entry.url;
    }

    /** The address if it is there already, without waiting. Does not count as a use. */
    peek(source: MediaSource, size: Size | null = null): string | null {
        return this.#entries.get(this.#key(source, size))?.resolved ?? null;
    }

    release(source: MediaSource, size: Size | null = null): void {
        const entry = this.#entries.get(this.#key(source, size));
        if (!entry) return;
        entry.uses = Math.max(0, entry.uses - 1);
        entry.lastUsedMs = this.#now();
        this.#trim();
    }

    /** The file itself, for saving it. */
    async bytes(source: MediaSource, signal?: AbortSignal): Promise<ArrayBuffer> {
        try {
            return await this.#open(source, await this.#fetch(pathOf(source.mxc, null), signal));
        } catch (error) {
            throw problemOf(error);
        }
    }

    /** Forgets everything; addresses given out stop working. */
    close(): void {
        for (const entry of this.#entries.values()) {
            void entry.url.then(
                (url) => {
                    URL.revokeObjectURL(url);
                },
                () => undefined,
            );
        }
        this.#entries.clear();
    }

    #key(source: MediaSource, size: Size | null): string {
        return source.encrypted || !size ? source.mxc : `${source.mxc} ${size.width}x${size.height} ${size.crop ?? false}`;
    }

    #load(key: string, source: MediaSource, size: Size | null): Entry {
        const loading = this.#blob(source, source.encrypted ? null : size);
        const entry: Entry = {
            url: loading.then((blob) => {
                entry.bytes = blob.size;
                entry.resolved = URL.createObjectURL(blob);
                return entry.resolved;
            }),
            bytes: 0,
            uses: 0,
            lastUsedMs: this.#now(),
            resolved: null,
        };
        // A failure is forgotten, so that looking again tries again.
        entry.url.catch(() => this.#entries.delete(key));
        return entry;
    }

    async #blob(source: MediaSource, size: Size | null): Promise<Blob> {
        await this.#turn();
        try {
            const bytes = await this.#fetch(pathOf(source.mxc, size));
            const opened = await this.#open(source, bytes);
            // Thumbnails are pictures whatever the file was; the browser looks at their first bytes.
            return new Blob([opened], { type: size ? "image/png" : safeType(source.mimetype) });
        } catch (error) {
            throw problemOf(error);
        } finally {
            this.#fetching -= 1;
            this.#waiting.shift()?.();
        }
    }

    async #open(source: MediaSource, bytes: ArrayBuffer): Promise<ArrayBuffer> {
        if (!source.encrypted) return bytes;
        try {
            return await decryptAttachment(bytes, source.encrypted);
        } catch (error) {
            // A wrong hash or key: somebody changed the file, or it was cut off.
            throw new Problem("unreadable", { cause: error });
        }
    }

    async #turn(): Promise<void> {
        while (this.#fetching >= FETCHES_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
        this.#fetching += 1;
    }

    /** Lets the oldest go that nobody shows, once there is too much. */
    #trim(): void {
        let total = 0;
        for (const entry of this.#entries.values()) total += entry.bytes;
        if (total <= KEPT_BYTES_MAX) return;
        const before = this.#now() - KEPT_MS_MIN;
        const idle = [...this.#entries].filter(([, entry]) => entry.uses === 0 && entry.resolved && entry.lastUsedMs <= before);
        idle.sort(([, a], [, b]) => a.lastUsedMs - b.lastUsedMs);
        for (const [key, entry] of idle) {
            if (total <= KEPT_BYTES_MAX) return;
            total -= entry.bytes;
            this.#entries.delete(key);
            if (entry.resolved) URL.revokeObjectURL(entry.resolved);
        }
    }
}
