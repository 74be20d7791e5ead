/** Saving a file of a message to the disk. */
import type { FileDetails, MediaStore } from "@veche/protocol/engine";

/** Gives bytes to the browser's downloads. */
export function saveBlob(blob: Blob, name: string): void {
    const url = URL.createObjectURL(blob);
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // The download has taken the bytes by the next turn; browsers give no event for it.
    setTimeout(() => {
        URL.revokeObjectURL(url);
    }, 0);
}

export async function saveFile(media: MediaStore, file: FileDetails): Promise<void> {
    const bytes = await media.bytes(file.source);
    // Always as bytes: a page of HTML that somebody sent must not open as one of ours.
    saveBlob(new Blob([bytes], { type: "application/octet-stream" }), file.name);
}
