//! Files on their way out: prepared, encrypted where the room is, uploaded one after another in each room, then sent.

import { encryptAttachment } from "matrix-encrypt-attachment";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import type { EncryptedFile } from "matrix-js-sdk/lib/@types/media.js";
import { Problem, type ProblemCode, problemOf } from "../base/problem";
import { Store } from "../base/store";
import { type Written, written } from "./markdown";
import { type Measured, measurePicture, measureVideo } from "./pictures";

/** A file that waits or travels. */
export interface Upload {
    readonly id: string;
    readonly roomId: string;
    readonly threadId: string | null;
    readonly name: string;
    readonly bytes: number;
    readonly step: "waiting" | "preparing" | "uploading" | "sending" | "failed";
    /** From 0 to 1. */
    readonly progress: number;
    readonly problem: ProblemCode | null;
}

export interface VoiceDetails {
    readonly durationMs: number;
    /** Loudness from 0 to 1. */
    readonly waveform: readonly number[];
}

interface Job {
    upload: Upload;
    readonly file: File;
    readonly caption: string;
    readonly voice: VoiceDetails | null;
    readonly abort: AbortController;
}

interface Placed {
    readonly url?: string;
    readonly file?: EncryptedFile;
}

const KNOWN_PICTURES = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;

let counter = 0;

export class UploadStore extends Store<readonly Upload[]> {
    readonly #client: MatrixClient;
    readonly #jobs: Job[] = [];
    /** Rooms that are sending right now. */
    readonly #busy = new Set<string>();
    #bytesMax: Promise<number | null> | null = null;

    constructor(client: MatrixClient) {
        super([]);
        this.#client = client;
    }

    /** Queues files for a room (or a thread of it), in this order; the caption goes under the first. */
    add(roomId: string, threadId: string | null, files: readonly File[], caption = "", voice: VoiceDetails | null = null): void {
        files.forEach((file, index) => {
            counter += 1;
            const upload: Upload = {
                id: `upload ${counter}`,
                roomId,
                threadId,
                name: file.name,
                bytes: file.size,
                step: "waiting",
                progress: 0,
                problem: null,
            };
            this.#jobs.push({ upload, file, caption: index === 0 ? caption : "", voice, abort: new AbortController() });
        });
        this.#tell();
        void this.#work(roomId);
    }

    /** Stops a file, whatever it is doing, and forgets it. */
    cancel(id: string): void {
        const job = this.#jobs.find((known) => known.upload.id === id);
        job?.abort.abort();
        this.#remove(id);
    }

    retry(id: string): void {
        const job = this.#jobs.find((known) => known.upload.id === id);
        if (!job) return;
        this.#set(job, { step: "waiting", progress: 0, problem: null });
        void this.#work(job.upload.roomId);
    }

    /** Bytes that one file may have; null when the server does not say. */
    bytesMax(): Promise<number | null> {
        this.#bytesMax ??= this.#client.getMediaConfig(true).then(
            (config) => config["m.upload.size"] ?? null,
            () => {
                this.#bytesMax = null;
                return null;
            },
        );
        return this.#bytesMax;
    }

    close(): void {
        for (const job of this.#jobs) job.abort.abort();
        this.#jobs.length = 0;
        this.#tell();
    }

    async #work(roomId: string): Promise<void> {
        if (this.#busy.has(roomId)) return;
        this.#busy.add(roomId);
        try {
            for (;;) {
                const next = this.#jobs.find(({ upload }) => upload.roomId === roomId && upload.step === "waiting");
                if (!next) return;
                await this.#send(next);
            }
        } finally {
            this.#busy.delete(roomId);
        }
    }

    async #send(job: Job): Promise<void> {
        const { roomId, threadId, id } = job.upload;
        try {
            this.#set(job, { step: "preparing" });
            const max = await this.bytesMax();
            if (max !== null && job.file.size > max) throw new Problem("tooLarge");
            const content = await this.#content(job);
            job.abort.signal.throwIfAborted();
            this.#set(job, { step: "sending", progress: 1 });
            // From here on the message is in the timeline, with its own state and retry.
            this.#client.sendMessage(roomId, threadId, content as never).catch(() => undefined);
            this.#remove(id);
        } catch (error) {
            if (job.abort.signal.aborted) return;
            this.#set(job, { step: "failed", problem: problemOf(error).code });
        }
    }

    async #content(job: Job): Promise<object> {
        const { file, caption, voice } = job;
        const { type } = file;
        let measured: Measured | null = null;
        if (KNOWN_PICTURES.test(type)) measured = await measurePicture(file);
        else if (type.startsWith("video/")) measured = await measureVideo(file);
        const kind = measured ? (type.startsWith("video/") ? "m.video" : "m.image") : type.startsWith("audio/") ? "m.audio" : "m.file";
        const encrypted = this.#client.getRoom(job.upload.roomId)?.hasEncryptionStateEvent() === true;
        const thumbnail = encrypted || kind === "m.video" ? (measured?.thumbnail ?? null) : null;
        const small = thumbnail && (await this.#place(job, thumbnail.blob, encrypted, null));
        const placed = await this.#place(job, file, encrypted, (progress) => {
            this.#set(job, { step: "uploading", progress });
        });
        const under: Partial<Written> = caption.trim() === "" ? {} : written(caption, []);
        return {
            ...under,
            msgtype: kind,
            body: under.body ?? file.name,
            filename: file.name,
            ...placed,
            info: {
                mimetype: type || "application/octet-stream",
                size: file.size,
                ...(measured ? { w: measured.width, h: measured.height } : {}),
                ...durationInfo(measured, voice),
                ...(thumbnail && small
                    ? {
                          ...(small.file ? { thumbnail_file: small.file } : { thumbnail_url: small.url }),
                          thumbnail_info: {
                              mimetype: thumbnail.blob.type,
                              size: thumbnail.blob.size,
                              w: thumbnail.width,
                              h: thumbnail.height,
                          },
                      }
                    : {}),
            },
            ...(voice ? voiceContent(voice) : {}),
            "m.mentions": {},
        };
    }

    async #place(job: Job, blob: Blob, encrypted: boolean, progress: ((part: number) => void) | null): Promise<Placed> {
        const options = {
            abortController: job.abort,
            includeFilename: false,
            ...(progress
                ? { progressHandler: ({ loaded, total }: { loaded: number; total: number }) => {
                          progress(total > 0 ? loaded / total : 0);
                      } }
                : {}),
        };
        progress?.(0);
        if (!encrypted) {
            const type = blob.type || "application/octet-stream";
            const named = { ...options, type, ...(progress ? { name: job.file.name, includeFilename: true } : {}) };
            return { url: (await this.#client.uploadContent(blob, named)).content_uri };
        }
        const { data, info } = await encryptAttachment(await blob.arrayBuffer());
        const sealed = new Blob([data], { type: "application/octet-stream" });
        const { content_uri: url } = await this.#client.uploadContent(sealed, { ...options, type: sealed.type });
        return { file: { ...info, url } as EncryptedFile };
    }

    #set(job: Job, part: Partial<Upload>): void {
        if (job.abort.signal.aborted) return;
        job.upload = { ...job.upload, ...part };
        this.#tell();
    }

    #remove(id: string): void {
        const at = this.#jobs.findIndex((job) => job.upload.id === id);
        if (at >= 0) this.#jobs.splice(at, 1);
        this.#tell();
    }

    #tell(): void {
        this.publish(this.#jobs.map((job) => job.upload));
    }
}

function durationInfo(measured: Measured | null, voice: VoiceDetails | null): { duration?: number } {
    const duration = voice?.durationMs ?? measured?.durationMs ?? null;
    return duration === null ? {} : { duration };
}

/** Marks of a voice message ([MSC3245](https://github.com/matrix-org/matrix-spec-proposals/pull/3245)). */
function voiceContent({ durationMs, waveform }: VoiceDetails): object {
    return {
        "org.matrix.msc1767.audio": { duration: Math.round(durationMs), waveform: waveform.map((part) => Math.round(part * 1024)) },
        "org.matrix.msc3245.voice": {},
    };
}
