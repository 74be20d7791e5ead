/** Guesses at the height of rows that were never drawn: good enough for a scroll bar. */
import type { Item } from "@veche/protocol/engine";

const LINE_PX = 20;
const LINE_CHARS = 90;
const PICTURE_PX = 280;

export function guessHeight(item: Item): number {
    switch (item.type) {
        case "day":
        case "unread":
            return 40;
        case "start":
            return 160;
        case "changes":
            return 28;
        case "message": {
            const { body } = item;
            const head = item.continued ? 4 : 32;
            const extras = (item.reactions.length > 0 ? 32 : 0) + (item.thread ? 36 : 0) + (item.reply ? 36 : 0);
            if (body.kind === "image" || body.kind === "video" || body.kind === "sticker") return head + PICTURE_PX + extras;
            if (body.kind === "poll") return head + 80 + body.answers.length * 40 + extras;
            if (body.kind !== "text") return head + 56 + extras;
            const lines = body.text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / LINE_CHARS)), 0);
            return head + lines * LINE_PX + extras;
        }
    }
}
