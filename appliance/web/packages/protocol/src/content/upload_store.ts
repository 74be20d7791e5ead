//! Files on their way out: prepared, encrypted where the room is, uploaded one after another in each room, then sent.
//! What the network does not let through is handed over to the outbox, where it waits between the messages.

import { encryptAttachment } from "matrix-encrypt-attachment";
import type { MatrixClient, UploadOpts } from "matrix-js-sdk/lib/matrix.js";
import type { EncryptedFile } from "matrix-js-sdk/lib/@types/media.js";
import { Problem, type ProblemCode, problemOf } from "../base/problem";
import { Store } from "../base/store";
import { type FileToCarry, type Outbox, networkFailed } from "../offline/outbox";
import type { VoiceDetails } from "../offline/waiting_files";
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
    readonly #outbox: Outbox;
    readonly #jobs: Job[] = [];
    /** Rooms that are sending right now. */
    readonly #busy = new Set<string>();
    #bytesMax: Promise<number | null> | null = null;

    constructor(client: MatrixClient, outbox: Outbox) {
        super([]);
        this.#client = client;
        this.#outbox = outbox;
        outbox.carryWith((parcel) => this.#content(parcel));
    }

    /** How much of each file that waited is there by now, by the id of its message. */
    get carried(): Outbox["carried"] {
        return this.#outbox.carried;
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
        const { file, caption, voice, abort } = job;
        if (!this.#outbox.online) {
            this.#wait(job);
            return;
        }
        try {
            this.#set(job, { step: "preparing" });
            const progress = (part: number) => {
                this.#set(job, { step: "uploading", progress: part });
            };
            const content = await this.#content({ roomId, file, caption, voice, abort, progress });
            abort.signal.throwIfAborted();
            this.#set(job, { step: "sending", progress: 1 });
            // From here on the message is in the timeline, with its own state and retry.
            this.#client.sendMessage(roomId, threadId, content as never).catch(() => undefined);
            this.#remove(id);
        } catch (error) {
            if (abort.signal.aborted) return;
            if (networkFailed(error)) this.#wait(job);
            else this.#set(job, { step: "failed", problem: problemOf(error).code });
        }
    }

    /** Puts the file among the messages that wait for the network. */
    #wait(job: Job): void {
        const { file, caption, voice } = job;
        const { roomId, threadId, id } = job.upload;
        const problem = this.#outbox.keepFile({ roomId, threadId, file, caption, voice });
        if (problem === null) this.#remove(id);
        else this.#set(job, { step: "failed", problem });
    }

    async #content(parcel: FileToCarry): Promise<object> {
        const { roomId, file, caption, voice, progress } = parcel;
        const { type } = file;
        const max = await this.bytesMax();
        if (max !== null && file.size > max) throw new Problem("tooLarge");
        let measured: Measured | null = null;
        if (KNOWN_PICTURES.test(type)) measured = await measurePicture(file);
        else if (type.startsWith("video/")) measured = await measureVideo(file);
        const kind = measured ? (type.startsWith("video/") ? "m.video" : "m.image") : type.startsWith("audio/") ? "m.audio" : "m.file";
        const encrypted = this.#client.getRoom(roomId)?.hasEncryptionStateEvent() === true;
        const thumbnail = encrypted || kind === "m.video" ? (measured?.thumbnail ?? null) : null;
        const small = thumbnail && (await this.#place(parcel, thumbnail.blob, encrypted, null));
        const placed = await this.#place(parcel, file, encrypted, progress);
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

    async #place({ file, abort }: FileToCarry, blob: Blob, encrypted: boolean, progress: ((part: number) => void) | null): Promise<Placed> {
        const options = {
            abortController: abort,
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
            const named = { ...options, type, ...(progress ? { name: file.name, includeFilename: true } : {}) };
            return { url: await this.#upload(blob, named) };
        }
        const { data, info } = await encryptAttachment(await blob.arrayBuffer());
        const sealed = new Blob([data], { type: "application/octet-stream" });
        const url = await this.#upload(sealed, { ...options, type: sealed.type });
        return { file: { ...info, url } as EncryptedFile };
    }

    async #upload(blob: Blob, options: UploadOpts & { readonly abortController: AbortController }): Promise<string> {
        options.abortController.signal.throwIfAborted();
        try {
            return (await this.#client.uploadContent(blob, options)).content_uri;
        } catch (error) {
            // The SDK calls it an abort whenever there was no answer, and has no name for a network that stands still.
            const silent = error instanceof Error && (error.name === "AbortError" || error.message === "Timeout");
            throw silent && !options.abortController.signal.aborted ? new Problem("offline", { cause: error }) : error;
        }
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
