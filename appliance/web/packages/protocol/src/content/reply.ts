//! Replies as older clients write them repeat the quoted message at their beginning. We show the quote from its event.

/** Without the lines `> <@alice:…> …` at the beginning. */
export function withoutReplyFallback(body: string): string {
    if (!/^> <[@!]/.test(body)) return body;
    const lines = body.split("\n");
    let first = 0;
    while (first < lines.length && lines[first]?.startsWith("> ")) first += 1;
    if (lines[first] === "") first += 1;
    return lines.slice(first).join("\n");
}

/** Without the `<mx-reply>` element at the beginning. */
export function withoutReplyFallbackHtml(html: string): string {
    return html.replace(/^\s*<mx-reply>[\s\S]*?<\/mx-reply>/i, "");
}
