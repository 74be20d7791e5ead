//! Files that wait for the network: sealed on the disk, in pieces, so that a large one need not be in memory as a whole.
//!
//! The message that such a file will be stands in the outbox like any other, with a note of which file it is in place of an
//! address. That note never leaves this device: the content is made anew when the file has been uploaded.

import type { MatrixEvent } from "matrix-js-sdk/lib/matrix.js";
import type { ProblemCode } from "../base/problem";
import type { Records } from "./records";

/** One file that waits. */
export const WAITING_FILE_BYTES_MAX = 100 * 1024 * 1024;

/** All files of an account that wait. */
export const WAITING_BYTES_MAX = 500 * 1024 * 1024;

const PIECE_BYTES = 4 * 1024 * 1024;
const DRAWER = "waiting";
const NOTE = "veche.waiting";

export interface VoiceDetails {
    readonly durationMs: number;
    /** Loudness from 0 to 1. */
    readonly waveform: readonly number[];
}

/** A file that waits, as its message knows it. */
export interface WaitingFile {
    readonly id: string;
    readonly name: string;
    readonly type: string;
    readonly bytes: number;
    readonly caption: string;
    readonly voice: VoiceDetails | null;
}

/** What the message of a waiting file holds meanwhile. */
export function waitingContent(file: WaitingFile): Record<string, unknown> {
    return { msgtype: "m.file", body: file.caption || file.name, [NOTE]: file };
}

/** The file that this message of one's own waits for; null for any other, and for everything that came from elsewhere. */
export function waitingFileOf(event: MatrixEvent): WaitingFile | null {
    if (event.status === null) return null;
    const note: unknown = event.event.content?.[NOTE];
    return typeof note === "object" && note !== null ? (note as WaitingFile) : null;
}

/** Why this file cannot wait beside those that do; null if it can. */
export function tooMuchToWait(bytes: number, others: readonly WaitingFile[]): ProblemCode | null {
    if (bytes > WAITING_FILE_BYTES_MAX) return "tooLargeToWait";
    const before = others.reduce((sum, file) => sum + file.bytes, 0);
    return before + bytes > WAITING_BYTES_MAX ? "tooMuchWaits" : null;
}

type Place = Pick<WaitingFile, "id" | "bytes">;

function namesOf({ id, bytes }: Place): string[] {
    return Array.from({ length: Math.max(1, Math.ceil(bytes / PIECE_BYTES)) }, (_, at) => `${id} ${at}`);
}

export class WaitingFiles {
    readonly #records: Records;
    /** Chosen in this visit; those that are not on the disk (yet) are taken from here. */
    readonly #chosen = new Map<string, { readonly place: Place; file: File | null; readonly written: Promise<void> }>();

    constructor(records: Records) {
        this.#records = records;
    }

    /** Writes the file down. Fails where the browser has no room for it; it can go all the same while this page is open. */
    keep(id: string, file: File): Promise<void> {
        const place = { id, bytes: file.size };
        const written = this.#write(place, file);
        this.#chosen.set(id, { place, file, written });
        written.catch(() => undefined);
        return written;
    }

    /** The file as it was chosen; null if it is not (wholly) there. */
    async open(waiting: WaitingFile): Promise<File | null> {
        const chosen = this.#chosen.get(waiting.id);
        await chosen?.written.catch(() => undefined);
        if (chosen?.file) return chosen.file;
        const pieces: Blob[] = [];
        for (const name of namesOf(waiting)) {
            const piece = await this.#records.getBytes(DRAWER, name);
            if (!piece) return null;
            // The browser may lay it aside again while the next one is opened.
            pieces.push(new Blob([piece]));
        }
        const file = new File(pieces, waiting.name, { type: waiting.type });
        return file.size === waiting.bytes ? file : null;
    }

    /** Forgets the file, once it has gone or was given up. */
    async drop(waiting: Place): Promise<void> {
        await this.#chosen.get(waiting.id)?.written.catch(() => undefined);
        this.#chosen.delete(waiting.id);
        for (const name of namesOf(waiting)) await this.#records.delete(DRAWER, name);
    }

    /** Deletes what no message waits for any more: a page may have been closed in between. */
    async keepOnly(waiting: readonly Place[]): Promise<void> {
        const chosen = Array.from(this.#chosen.values(), ({ place }) => place);
        await this.#records.keepOnly(DRAWER, [...waiting, ...chosen].flatMap(namesOf));
    }

    async #write(place: Place, file: File): Promise<void> {
        let start = 0;
        for (const name of namesOf(place)) {
            const piece = await file.slice(start, start + PIECE_BYTES).arrayBuffer();
            await this.#records.putBytes(DRAWER, name, new Uint8Array(piece));
            start += PIECE_BYTES;
        }
        const chosen = this.#chosen.get(place.id);
        if (chosen) chosen.file = null;
    }
}
