/** HTML of messages: a parser takes it apart, and what the list allows is made anew as elements. Nothing else gets in. */
import { type ReactNode, memo, useMemo } from "react";
import { CodeBlock } from "./CodeBlock";
import { InlineImage } from "./InlineImage";
import { MessageLink } from "./MessageLink";
import { Spoiler } from "./Spoiler";
import styles from "./Html.module.css";
import { linkified } from "./linkify";

/** Deeper than this (spec "m.room.message": 100) elements are left out and their text stays. */
const DEPTH_MAX = 100;

/** Elements that become themselves, without attributes. */
const PLAIN = new Set([
    "del", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "p", "ul", "sup", "sub", "li", "b", "i", "u", "strong", "em", "s",
    "code", "hr", "br", "div", "table", "thead", "tbody", "tr", "th", "td", "caption", "details", "summary", "strike",
]);

/** Elements whose text is not for reading. */
const DROPPED = new Set(["script", "style", "head", "title", "template", "mx-reply", "iframe", "object", "noscript"]);

const VOID = new Set(["hr", "br"]);
const COLOR = /^#[0-9a-f]{6}$/i;

type Tag = "div";

function children(node: Node, depth: number, linkify: boolean): ReactNode[] {
    return [...node.childNodes].map((child, index) => element(child, depth, linkify, index));
}

function colors(element: Element): React.CSSProperties | undefined {
    const color = element.getAttribute("data-mx-color") ?? element.getAttribute("color");
    const ground = element.getAttribute("data-mx-bg-color");
    const style: React.CSSProperties = {};
    if (color !== null && COLOR.test(color)) style.color = color;
    if (ground !== null && COLOR.test(ground)) style.backgroundColor = ground;
    return Object.keys(style).length > 0 ? style : undefined;
}

function span(node: Element, depth: number, linkify: boolean, key: number): ReactNode {
    const inner = children(node, depth, linkify);
    const reason = node.getAttribute("data-mx-spoiler");
    if (reason !== null) return <Spoiler key={key} reason={reason}>{inner}</Spoiler>;
    const style = colors(node);
    return <span key={key} {...(style ? { style } : {})}>{inner}</span>;
}

function codeBlock(node: Element, key: number): ReactNode {
    const code = node.querySelector("code");
    const language = /(?:^|\s)language-([\w+#.-]{1,30})/.exec(code?.className ?? "")?.[1] ?? null;
    return <CodeBlock key={key} text={node.textContent.replace(/\n$/, "")} language={language} />;
}

function list(node: Element, depth: number, linkify: boolean, key: number): ReactNode {
    const start = Number(node.getAttribute("start"));
    const from = Number.isInteger(start) && start > 0 && start < 1_000_000 ? { start } : {};
    return <ol key={key} {...from}>{children(node, depth, linkify)}</ol>;
}

function element(node: Node, depth: number, linkify: boolean, key: number): ReactNode {
    if (node.nodeType === Node.TEXT_NODE) return linkify ? linkified(node.textContent ?? "", key) : node.textContent;
    if (!(node instanceof Element)) return null;
    const name = node.localName;
    if (DROPPED.has(name)) return null;
    const inner = depth + 1;
    if (inner > DEPTH_MAX) return node.textContent;
    switch (name) {
        case "a": {
            const href = node.getAttribute("href") ?? "";
            return <MessageLink key={key} href={href}>{children(node, inner, false)}</MessageLink>;
        }
        case "img":
            return <InlineImage key={key} src={node.getAttribute("src") ?? ""} alt={node.getAttribute("alt") ?? node.getAttribute("title") ?? ""} />;
        case "pre":
            return codeBlock(node, key);
        case "ol":
            return list(node, inner, linkify, key);
        case "span":
        case "font":
            return span(node, inner, linkify, key);
        default: {
            if (!PLAIN.has(name)) return <span key={key}>{children(node, inner, linkify)}</span>;
            // The name is one of the list; the type of one of them stands for all.
            const Name = name as Tag;
            return VOID.has(name) ? <Name key={key} /> : <Name key={key}>{children(node, inner, linkify && name !== "code")}</Name>;
        }
    }
}

export const Html = memo(function Html({ html }: { readonly html: string }) {
    const content = useMemo(() => {
        // A document that is never shown: nothing in it is loaded or run.
        const { body } = new DOMParser().parseFromString(html, "text/html");
        return children(body, 0, true);
    }, [html]);
    return <div className={styles.html}>{content}</div>;
});
