//! From what people type to the content of a message: Markdown, mentions, `/me`.

import { Marked } from "marked";
import { userLink } from "./permalink";

/** Somebody named in a text. `name` stands in it behind an `@`. */
export interface Mention {
    readonly userId: string;
    readonly name: string;
}

/** `@room`: everybody in the room. */
export const EVERYBODY = "room";

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);

const SAFE_LINK = /^(https?:|mailto:|tel:|#)/i;

const marked = new Marked({
    gfm: true,
    breaks: true,
    renderer: {
        // What somebody typed as HTML is text to be shown.
        html: ({ text }) => escapeHtml(text),
        // A picture by address would tell its owner who reads the message.
        image: ({ href, text }) => escapeHtml(text || href),
        link({ href, tokens }) {
            const inner = this.parser.parseInline(tokens);
            return SAFE_LINK.test(href) ? `<a href="${escapeHtml(href)}">${inner}</a>` : inner;
        },
    },
});

/** Private-use characters stand for mentions while Markdown is at work, so that `_` in a name stays a `_`. */
const MARK_START = "\uE000";
const MARK_END = "\uE001";

function withMarks(text: string, mentions: readonly Mention[]): string {
    // Longer names first: "@Anna Maria" is not "@Anna".
    const order = mentions.map((mention, index) => ({ mention, index }));
    order.sort((a, b) => b.mention.name.length - a.mention.name.length);
    let marked = text.replaceAll(MARK_START, "").replaceAll(MARK_END, "");
    for (const { mention, index } of order) {
        marked = marked.replaceAll(`@${mention.name}`, `${MARK_START}${index}${MARK_END}`);
    }
    return marked;
}

function withPills(html: string, mentions: readonly Mention[]): string {
    return html.replace(/\uE000(\d+)\uE001/g, (_, index: string) => {
        const mention = mentions[Number(index)];
        return mention ? `<a href="${userLink(mention.userId)}">${escapeHtml(mention.name)}</a>` : "";
    });
}

/** HTML of a typed text; null if it would show the same as the text itself. */
export function toHtml(text: string, mentions: readonly Mention[] = []): string | null {
    const rendered = (marked.parse(withMarks(text, mentions), { async: false })).trim();
    const html = withPills(rendered, mentions);
    const single = /^<p>([\s\S]*)<\/p>$/.exec(html);
    const inner = single?.[1] !== undefined && !single[1].includes("<p>") ? single[1] : html;
    const plain = escapeHtml(text.trim()).replaceAll("\n", "<br>");
    return inner.replaceAll(/<br>\n?/g, "<br>") === plain ? null : inner;
}

/** Those of `mentions` that are still in the text. */
export const stillMentioned = (text: string, mentions: readonly Mention[]): Mention[] =>
    mentions.filter((mention) => text.includes(`@${mention.name}`));

/** A message's content without its relation. */
export interface Written {
    msgtype: "m.text" | "m.emote";
    body: string;
    format?: "org.matrix.custom.html";
    formatted_body?: string;
    "m.mentions": { user_ids?: string[]; room?: true };
}

const EMOTE = "/me ";

/** The content of what was typed. */
export function written(typed: string, mentions: readonly Mention[]): Written {
    const emote = typed.startsWith(EMOTE);
    const text = (emote ? typed.slice(EMOTE.length) : typed).trim();
    const named = stillMentioned(text, mentions);
    const html = toHtml(text, named);
    const userIds = [...new Set(named.map((mention) => mention.userId))];
    const everybody = new RegExp(`(^|\\s)@${EVERYBODY}(\\W|$)`).test(text);
    return {
        msgtype: emote ? "m.emote" : "m.text",
        body: text,
        ...(html === null ? {} : { format: "org.matrix.custom.html" as const, formatted_body: html }),
        "m.mentions": { ...(userIds.length > 0 ? { user_ids: userIds } : {}), ...(everybody ? { room: true as const } : {}) },
    };
}
