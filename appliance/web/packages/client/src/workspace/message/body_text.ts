/** A message in one line: for previews, quotes, threads and notifications. */
import { plainText } from "@veche/protocol";
import type { Body } from "@veche/protocol/engine";
import type { T } from "../../app/context";

const LINE_CHARS_MAX = 200;

/** What was said, or what kind of thing was sent. */
export function bodyLine(t: T, body: Body): string {
    switch (body.kind) {
        case "text":
        case "location":
            return plainText(body).replace(/\s+/g, " ").slice(0, LINE_CHARS_MAX);
        case "image":
        case "video":
        case "file":
            return body.caption ?? t(`body.${body.kind}`, { name: body.name });
        case "sticker":
            return t("body.sticker", { name: body.name });
        case "outgoing":
            return body.voice ? t("body.voice") : (body.caption ?? t("body.file", { name: body.name }));
        case "audio":
            return body.voice ? t("body.voice") : t("body.audio", { name: body.name });
        case "poll":
            return t("body.poll", { question: body.question });
        case "redacted":
            return t("body.redacted");
        case "decrypting":
            return t("body.decrypting");
        case "unreadable":
            return t("body.unreadable");
        case "unsupported":
            return body.text ?? t("body.unsupported");
    }
}
