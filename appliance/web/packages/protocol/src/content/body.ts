//! What an event says, as plain data: the timeline, previews, notifications and search all read events through here.

import type { MatrixEvent } from "matrix-js-sdk/lib/matrix.js";
import type { EncryptedFile } from "matrix-js-sdk/lib/@types/media.js";
import { type WaitingFile, waitingFileOf } from "../offline/waiting_files";
import { withoutReplyFallback, withoutReplyFallbackHtml } from "./reply";
import { type PollQuestion, isPollStart, pollQuestion } from "./poll";

/** Where a file is and how it is opened. */
export interface MediaSource {
    readonly mxc: string;
    /** For files of encrypted rooms: the key and hash. */
    readonly encrypted: EncryptedFile | null;
    readonly mimetype: string;
}

export interface FileDetails {
    readonly name: string;
    readonly source: MediaSource;
    readonly bytes: number | null;
    /** What was written under the file. */
    readonly caption: string | null;
}

export interface PictureDetails extends FileDetails {
    readonly width: number | null;
    readonly height: number | null;
    readonly thumbnail: MediaSource | null;
    readonly durationMs: number | null;
}

/** Why a message cannot be read, as far as it matters for what to do about it. */
export type Unreadable =
    /** The key has not come; it may still come. */
    | "waiting"
    /** From before this device; the recovery key would open it. */
    | "needsRecovery"
    /** From before this device, and nobody keeps a copy of its key. */
    | "noBackup"
    /** From before this user was in the room. */
    | "beforeJoining"
    /** The sender shares keys with verified devices only. */
    | "needsVerification"
    /** The sender's client refused to share the key. */
    | "withheld"
    /** The sender's identity changed, or their device is not vouched for. */
    | "untrustedSender"
    | "broken";

export type Body =
    | {
          readonly kind: "text";
          readonly style: "text" | "notice" | "emote";
          readonly text: string;
          /** HTML as it came, not sanitized. */
          readonly html: string | null;
      }
    | ({ readonly kind: "image" | "sticker" } & PictureDetails)
    | ({ readonly kind: "video" } & PictureDetails)
    | ({ readonly kind: "file" } & FileDetails)
    | ({
          readonly kind: "audio";
          readonly voice: boolean;
          readonly durationMs: number | null;
          /** Loudness from 0 to 1 over the time of a voice message. */
          readonly waveform: readonly number[];
      } & FileDetails)
    /** A file of one's own that is not on the server yet. */
    | { readonly kind: "outgoing"; readonly name: string; readonly bytes: number; readonly caption: string | null; readonly voice: boolean }
    | { readonly kind: "location"; readonly text: string; readonly uri: string }
    | ({ readonly kind: "poll" } & PollQuestion)
    | { readonly kind: "redacted"; readonly byId: string | null }
    | { readonly kind: "decrypting" }
    | { readonly kind: "unreadable"; readonly why: Unreadable }
    | { readonly kind: "unsupported"; readonly type: string; readonly text: string | null };

type Content = Record<string, unknown>;

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
const count = (value: unknown): number | null =>
    typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
const positive = (value: unknown): number | null => (count(value) === 0 ? null : count(value));
const object = (value: unknown): Content => (typeof value === "object" && value !== null ? (value as Content) : {});

const WHY_UNREADABLE: Readonly<Record<string, Unreadable>> = {
    MEGOLM_UNKNOWN_INBOUND_SESSION_ID: "waiting",
    OLM_UNKNOWN_MESSAGE_INDEX: "waiting",
    MEGOLM_KEY_WITHHELD: "withheld",
    MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE: "needsVerification",
    HISTORICAL_MESSAGE_NO_KEY_BACKUP: "noBackup",
    HISTORICAL_MESSAGE_BACKUP_UNCONFIGURED: "needsRecovery",
    HISTORICAL_MESSAGE_WORKING_BACKUP: "waiting",
    HISTORICAL_MESSAGE_USER_NOT_JOINED: "beforeJoining",
    SENDER_IDENTITY_PREVIOUSLY_VERIFIED: "untrustedSender",
    UNSIGNED_SENDER_DEVICE: "untrustedSender",
    UNKNOWN_SENDER_DEVICE: "untrustedSender",
};

/** Where the file of a content object is, if it says so properly. */
function mediaSource(content: Content, urlField = "url", fileField = "file", infoField = "info"): MediaSource | null {
    const file = object(content[fileField]) as Partial<EncryptedFile>;
    const mimetype = text(object(content[infoField]).mimetype) ?? "application/octet-stream";
    if (typeof file.url === "string" && file.url.startsWith("mxc://")) {
        return { mxc: file.url, encrypted: file as EncryptedFile, mimetype };
    }
    const url = text(content[urlField]);
    return url?.startsWith("mxc://") ? { mxc: url, encrypted: null, mimetype } : null;
}

function fileDetails(content: Content): FileDetails | null {
    const source = mediaSource(content);
    if (!source) return null;
    const body = text(content.body) ?? "";
    const filename = text(content.filename);
    return {
        name: (filename ?? body) || source.mxc.replace(/^.*\//, ""),
        source,
        bytes: count(object(content.info).size),
        caption: filename !== null && filename !== body && body !== "" ? body : null,
    };
}

function pictureDetails(content: Content): PictureDetails | null {
    const file = fileDetails(content);
    if (!file) return null;
    const info = object(content.info);
    return {
        ...file,
        width: positive(info.w),
        height: positive(info.h),
        thumbnail: mediaSource(info, "thumbnail_url", "thumbnail_file", "thumbnail_info"),
        durationMs: count(info.duration),
    };
}

/** Loudness comes as integers from 0 to 1024. */
function waveformOf(content: Content): number[] {
    const raw = object(content["org.matrix.msc1767.audio"]).waveform;
    if (!Array.isArray(raw)) return [];
    return raw.map((value) => Math.min(1, (count(value) ?? 0) / 1024));
}

function audio(content: Content, file: FileDetails): Body {
    const duration = count(object(content["org.matrix.msc1767.audio"]).duration) ?? count(object(content.info).duration);
    const voice = "org.matrix.msc3245.voice" in content || "org.matrix.msc3245.voice.v2" in content;
    return { kind: "audio", ...file, voice, durationMs: duration, waveform: waveformOf(content) };
}

function written(content: Content, style: "text" | "notice" | "emote"): Body {
    const html = content.format === "org.matrix.custom.html" ? text(content.formatted_body) : null;
    return {
        kind: "text",
        style,
        text: withoutReplyFallback(text(content.body) ?? ""),
        html: html === null ? null : withoutReplyFallbackHtml(html),
    };
}

function message(content: Content): Body {
    const picture = () => pictureDetails(content);
    const file = () => fileDetails(content);
    const unsupported: Body = { kind: "unsupported", type: text(content.msgtype) ?? "", text: text(content.body) };
    switch (content.msgtype) {
        case "m.text":
            return written(content, "text");
        case "m.notice":
            return written(content, "notice");
        case "m.emote":
            return written(content, "emote");
        case "m.image": {
            const details = picture();
            return details ? { kind: "image", ...details } : unsupported;
        }
        case "m.video": {
            const details = picture();
            return details ? { kind: "video", ...details } : unsupported;
        }
        case "m.audio": {
            const details = file();
            return details ? audio(content, details) : unsupported;
        }
        case "m.file": {
            const details = file();
            return details ? { kind: "file", ...details } : unsupported;
        }
        case "m.location":
            return { kind: "location", text: text(content.body) ?? "", uri: text(content.geo_uri) ?? "" };
        default:
            return unsupported;
    }
}

function outgoing({ name, bytes, caption, voice }: WaitingFile): Body {
    return { kind: "outgoing", name, bytes, caption: caption.trim() === "" ? null : caption, voice: voice !== null };
}

/** What this event says. Edits are applied by the SDK before this reads the content. */
export function bodyOf(event: MatrixEvent): Body {
    if (event.isRedacted()) {
        const because = event.getUnsigned().redacted_because;
        return { kind: "redacted", byId: because?.sender ?? event.localRedactionEvent()?.getSender() ?? null };
    }
    if (event.isDecryptionFailure()) {
        return { kind: "unreadable", why: WHY_UNREADABLE[event.decryptionFailureReason ?? ""] ?? "broken" };
    }
    const type = event.getType();
    if (type === "m.room.encrypted") return { kind: "decrypting" };
    const content: Content = event.getContent();
    const waiting = waitingFileOf(event);
    if (waiting) return outgoing(waiting);
    if (type === "m.room.message") return message(content);
    if (type === "m.sticker") {
        const details = pictureDetails(content);
        return details ? { kind: "sticker", ...details } : { kind: "unsupported", type, text: text(content.body) };
    }
    if (isPollStart(type)) {
        const question = pollQuestion(content);
        if (question) return { kind: "poll", ...question };
    }
    return { kind: "unsupported", type, text: text(content.body) };
}

/** The words of a body, for quotes, search and copying. */
export function plainText(body: Body): string {
    switch (body.kind) {
        case "text":
        case "location":
            return body.text;
        case "image":
        case "sticker":
        case "video":
        case "file":
        case "audio":
        case "outgoing":
            return body.caption ?? body.name;
        case "poll":
            return body.question;
        case "unsupported":
            return body.text ?? "";
        case "redacted":
        case "decrypting":
        case "unreadable":
            return "";
    }
}
