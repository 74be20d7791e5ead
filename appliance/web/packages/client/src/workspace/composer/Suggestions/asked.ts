/** What somebody is about to name: the word before the caret, if it begins with a sign for it. */

export interface Asked {
    readonly kind: "person" | "emoji";
    readonly query: string;
    /** Where the sign stands. */
    readonly start: number;
}

/** Names may have a space; more than this many letters are no name that is being looked for. */
const QUERY_CHARS_MAX = 30;
const EMOJI_QUERY_CHARS_MIN = 2;

const PERSON = /(?:^|[\s(])@([^\s@]*(?: [^\s@]+)?)$/u;
const EMOJI = /(?:^|[\s(]):([\p{L}\p{N}_+-]+)$/u;

export function askedAt(text: string, caret: number): Asked | null {
    const before = text.slice(Math.max(0, caret - QUERY_CHARS_MAX - 2), caret);
    const person = PERSON.exec(before);
    if (person?.[1] !== undefined) return { kind: "person", query: person[1], start: caret - person[1].length - 1 };
    const emoji = EMOJI.exec(before);
    if (emoji?.[1] !== undefined && emoji[1].length >= EMOJI_QUERY_CHARS_MIN) {
        return { kind: "emoji", query: emoji[1], start: caret - emoji[1].length - 1 };
    }
    return null;
}
