//! Sizes and small versions of pictures and videos, made by the browser: in encrypted rooms the server cannot make them.

/** The longer side of a thumbnail. */
const THUMBNAIL_PX_MAX = 800;
const THUMBNAIL_TYPE = "image/jpeg";
const THUMBNAIL_QUALITY = 0.82;

/** Pictures smaller than this are their own thumbnail. */
const SMALL_BYTES_MAX = 200 * 1024;

/** A video that shows no frame by then is sent without a picture. */
const VIDEO_MS_MAX = 8_000;

interface Thumbnail {
    readonly blob: Blob;
    readonly width: number;
    readonly height: number;
}

export interface Measured {
    readonly width: number;
    readonly height: number;
    readonly durationMs: number | null;
    readonly thumbnail: Thumbnail | null;
}

/** A size that fits into a square and keeps its proportions. */
function fitted(width: number, height: number, side: number): { width: number; height: number } {
    const scale = Math.min(1, side / Math.max(width, height, 1));
    return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function drawn(source: CanvasImageSource, width: number, height: number, type: string): Promise<Thumbnail> {
    const size = fitted(width, height, THUMBNAIL_PX_MAX);
    const canvas = document.createElement("canvas");
    canvas.width = size.width;
    canvas.height = size.height;
    canvas.getContext("2d")?.drawImage(source, 0, 0, size.width, size.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, THUMBNAIL_QUALITY));
    if (!blob) throw new Error("The browser made no picture");
    return { blob, ...size };
}

/** Null for what this browser cannot decode: it is sent as a plain file. */
export async function measurePicture(file: Blob): Promise<Measured | null> {
    let bitmap: ImageBitmap;
    try {
        bitmap = await createImageBitmap(file);
    } catch {
        return null;
    }
    const { width, height } = bitmap;
    const small = file.size <= SMALL_BYTES_MAX && Math.max(width, height) <= THUMBNAIL_PX_MAX;
    // A still thumbnail of an animation shows its first frame until it is opened.
    const type = file.type === "image/png" || file.type === "image/webp" ? file.type : THUMBNAIL_TYPE;
    const thumbnail = small ? null : await drawn(bitmap, width, height, type).catch(() => null);
    bitmap.close();
    return { width, height, durationMs: null, thumbnail };
}

function event(target: HTMLMediaElement, name: string): Promise<void> {
    return new Promise((resolve, reject) => {
        const fail = (why: string) => () => {
            reject(new Error(why));
        };
        const done = () => {
            resolve();
        };
        target.addEventListener(name, done, { once: true });
        target.addEventListener("error", fail("not playable"), { once: true });
        setTimeout(fail("too slow"), VIDEO_MS_MAX);
    });
}

/** Null for what this browser cannot play. */
export async function measureVideo(file: Blob): Promise<Measured | null> {
    const url = URL.createObjectURL(file);
    const video = document.createElement("video");
    video.muted = true;
    video.preload = "auto";
    try {
        const ready = event(video, "loadeddata");
        video.src = url;
        await ready;
        const { videoWidth: width, videoHeight: height, duration } = video;
        const thumbnail = await drawn(video, width, height, THUMBNAIL_TYPE).catch(() => null);
        return { width, height, durationMs: Number.isFinite(duration) ? Math.round(duration * 1000) : null, thumbnail };
    } catch {
        return null;
    } finally {
        video.removeAttribute("src");
        URL.revokeObjectURL(url);
    }
}
