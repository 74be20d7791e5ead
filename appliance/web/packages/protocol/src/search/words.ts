//! From texts to what is searched for in them: words in small letters, and their stems.

import { stemEnglish } from "./stem_english";
import { stemRussian } from "./stem_russian";

/** Longer runs of letters are no words: keys, hashes, addresses. */
const WORD_CHARS_MAX = 48;

/** Stems that are remembered: most of a language is a few thousand words. */
const STEMS_MAX = 50_000;

const WORD = /[\p{L}\p{M}\p{N}_]+(?:['’][\p{L}]+)?/gu;
const CYRILLIC = /^[а-яё]+$/;
const LATIN = /^[a-z']+$/;

const stems = new Map<string, string>();

/** As it is compared: small letters, one form of each, «ё» as «е». */
export const normal = (word: string): string => word.normalize("NFKC").toLowerCase().replaceAll("ё", "е").replaceAll("’", "'");

/** What all forms of a word have in common: Russian and English words by their rules, others as they are. */
export function stemOf(word: string): string {
    const known = stems.get(word);
    if (known !== undefined) return known;
    const stem = CYRILLIC.test(word) ? stemRussian(word) : LATIN.test(word) ? stemEnglish(word) : word;
    if (stems.size >= STEMS_MAX) stems.clear();
    stems.set(word, stem);
    return stem;
}

/** A word where it stands in its text. */
export interface Place {
    readonly word: string;
    readonly start: number;
    readonly end: number;
}

export function placesIn(text: string): Place[] {
    const places: Place[] = [];
    for (const match of text.matchAll(WORD)) {
        const [found] = match;
        if (found.length > WORD_CHARS_MAX) continue;
        places.push({ word: normal(found), start: match.index, end: match.index + found.length });
    }
    return places;
}

/** The words of a text, each once. */
export const wordsIn = (text: string): Set<string> => new Set(placesIn(text).map(({ word }) => word));
