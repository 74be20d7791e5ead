/** What an avatar shows of somebody without a picture: always the same letters and color for the same one. */

/** How many colors avatars have (`--color-avatar-1` and so on). */
export const AVATAR_COLORS = 8;

/** Pictures among the letters: they are wider than letters, and there is room for one of them alone. */
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;

/** One or two letters of a name, or one emoji if it begins with one; of an id (`@anna:example.org`) if there is no name. */
export function initials(name: string): string {
    // What stands in brackets says something of the name: "Anna (guest)".
    const bare = name.replaceAll(/\([^()]*\)/gu, " ");
    const words = (bare.trim() === "" ? name : bare)
        .normalize("NFC")
        .replaceAll(/(?!\u200d|\ufe0f)[^\p{L}\p{M}\p{N}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\s]/gu, " ")
        .split(/\s+/u)
        .filter(Boolean);
    const [first, ...others] = words.map(firstLetter);
    if (first === undefined) {
        return "?";
    }
    // An emoji behind a name ("Anna Smith 🌴") is decoration.
    const second = EMOJI.test(first) ? undefined : others.findLast((letter) => !EMOJI.test(letter));
    return capital(first) + (second === undefined ? "" : capital(second));
}

/** Some small letters become two capitals: "ß" is "SS". */
function capital(letter: string): string {
    return firstLetter(letter.toLocaleUpperCase());
}

/** A letter that nothing behind it can belong to. */
const PLAIN_LETTER = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}0-9](?!\p{M}|\p{Emoji_Modifier}|\u200c|\u200d)/u;

let letters: Intl.Segmenter | undefined;

/** What people take for one letter: an accent or a skin tone belongs to it. */
export function firstLetter(word: string): string {
    const plain = PLAIN_LETTER.exec(word)?.[0];
    if (plain !== undefined) {
        // Nearly always so, and a list has many names.
        return plain;
    }
    letters ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
    for (const { segment } of letters.segment(word)) {
        return segment;
    }
    return "";
}

/** Which of the colors, from 0 on. */
export function colorIndex(id: string): number {
    // FNV-1a: spreads ids that differ in one letter.
    let hash = 0x811c9dc5;
    for (let at = 0; at < id.length; at += 1) {
        hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
    }
    return (hash >>> 0) % AVATAR_COLORS;
}
