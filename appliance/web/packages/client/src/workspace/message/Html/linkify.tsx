/** Addresses in plain text become links. */
import type { ReactNode } from "react";
import { MessageLink } from "./MessageLink";

/** An address up to a space; what usually ends a sentence is not part of it. */
const ADDRESS = /\b(?:https?:\/\/|mailto:)[^\s<>"'`]+[^\s<>"'`.,:;!?)\]}»”]/giu;

export function linkified(text: string, key: number | string = 0): ReactNode {
    const parts: ReactNode[] = [];
    let from = 0;
    for (const match of text.matchAll(ADDRESS)) {
        if (match.index > from) parts.push(text.slice(from, match.index));
        parts.push(
            <MessageLink key={`${key} ${match.index}`} href={match[0]}>
                {match[0]}
            </MessageLink>,
        );
        from = match.index + match[0].length;
    }
    if (from === 0) return text;
    if (from < text.length) parts.push(text.slice(from));
    return parts;
}
