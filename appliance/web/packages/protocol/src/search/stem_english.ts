//! English word forms by the Snowball project's rules: https://snowballstem.org/algorithms/english/stemmer.html

const VOWELS = "aeiouy";
const DOUBLES = new Set(["bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"]);
const LI_ENDINGS = "cdeghkmnrt";

const EXCEPTIONS: Readonly<Record<string, string>> = {
    skis: "ski", skies: "sky", dying: "die", lying: "lie", tying: "tie",
    idly: "idl", gently: "gentl", ugly: "ugli", early: "earli", only: "onli", singly: "singl",
    sky: "sky", news: "news", howe: "howe", atlas: "atlas", cosmos: "cosmos", bias: "bias", andes: "andes",
};
const FINISHED = new Set(["inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed"]);

type Rules = readonly (readonly [suffix: string, replacement: string])[];

/** Longest suffixes first, so that the first that fits is the one. */
const byLength = (rules: Rules): Rules => [...rules].sort(([a], [b]) => b.length - a.length);

const STEP_2 = byLength([
    ["tional", "tion"], ["enci", "ence"], ["anci", "ance"], ["abli", "able"], ["entli", "ent"], ["izer", "ize"],
    ["ization", "ize"], ["ational", "ate"], ["ation", "ate"], ["ator", "ate"], ["alism", "al"], ["aliti", "al"],
    ["alli", "al"], ["fulness", "ful"], ["ousli", "ous"], ["ousness", "ous"], ["iveness", "ive"], ["iviti", "ive"],
    ["biliti", "ble"], ["bli", "ble"], ["ogi", "og"], ["fulli", "ful"], ["lessli", "less"], ["li", ""],
]);
const STEP_3 = byLength([
    ["tional", "tion"], ["ational", "ate"], ["alize", "al"], ["icate", "ic"], ["iciti", "ic"], ["ical", "ic"],
    ["ful", ""], ["ness", ""], ["ative", ""],
]);
const STEP_4 = byLength(
    ["al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ism", "ate", "iti", "ous", "ive", "ize", "ion"].map(
        (suffix) => [suffix, ""],
    ),
);

/** A `y` that is a consonant is written `Y` while the word is worked on. */
const isVowel = (letter: string | undefined): boolean => letter !== undefined && letter !== "" && VOWELS.includes(letter);
const hasVowel = (text: string): boolean => /[aeiouy]/.test(text);

function markY(word: string): string {
    let out = "";
    for (const letter of word) out += letter === "y" && (out === "" || isVowel(out.at(-1))) ? "Y" : letter;
    return out;
}

/** Where the part after the first non-vowel that follows a vowel begins. */
function regionAfter(word: string, start: number): number {
    for (let at = start + 1; at < word.length; at += 1) {
        if (!isVowel(word[at]) && isVowel(word[at - 1])) return at + 1;
    }
    return word.length;
}

function endsInShortSyllable(word: string): boolean {
    const [before, vowel, after] = [word.at(-3), word.at(-2), word.at(-1)];
    if (!isVowel(vowel) || isVowel(after)) return false;
    if (word.length === 2) return true;
    return before !== undefined && !isVowel(before) && !"wxY".includes(after ?? "");
}

class Word {
    text: string;
    readonly r1: number;
    readonly r2: number;

    constructor(text: string) {
        this.text = text;
        const prefix = ["gener", "commun", "arsen"].find((start) => text.startsWith(start));
        this.r1 = prefix === undefined ? regionAfter(text, 0) : prefix.length;
        this.r2 = regionAfter(text, this.r1);
    }

    ends(suffix: string): boolean {
        return this.text.endsWith(suffix);
    }

    without(suffix: string): string {
        return this.text.slice(0, this.text.length - suffix.length);
    }

    replace(suffix: string, by: string): void {
        this.text = this.without(suffix) + by;
    }

    /** Whether the suffix lies in the region that begins at `start`. */
    inside(suffix: string, start: number): boolean {
        return this.text.length - suffix.length >= start;
    }
}

function step1a(word: Word): void {
    if (word.ends("sses")) word.replace("sses", "ss");
    else if (word.ends("ied") || word.ends("ies")) word.replace("ies", word.text.length > 4 ? "i" : "ie");
    else if (word.ends("us") || word.ends("ss")) return;
    else if (word.ends("s") && hasVowel(word.text.slice(0, -2))) word.replace("s", "");
}

function step1b(word: Word): void {
    const suffix = ["eedly", "ingly", "edly", "eed", "ing", "ed"].find((ending) => word.ends(ending));
    if (suffix === undefined) return;
    if (suffix.startsWith("eed")) {
        if (word.inside(suffix, word.r1)) word.replace(suffix, "ee");
        return;
    }
    if (!hasVowel(word.without(suffix))) return;
    word.replace(suffix, "");
    if (word.ends("at") || word.ends("bl") || word.ends("iz")) word.text += "e";
    else if (DOUBLES.has(word.text.slice(-2))) word.text = word.text.slice(0, -1);
    else if (word.r1 >= word.text.length && endsInShortSyllable(word.text)) word.text += "e";
}

function step1c(word: Word): void {
    if (/y$/i.test(word.text) && word.text.length > 2 && !isVowel(word.text.at(-2))) word.text = `${word.text.slice(0, -1)}i`;
}

function step2(word: Word): void {
    const [suffix, by] = STEP_2.find(([ending]) => word.ends(ending)) ?? [];
    if (suffix === undefined || by === undefined || !word.inside(suffix, word.r1)) return;
    const before = word.without(suffix).at(-1) ?? "";
    if (suffix === "ogi" && before !== "l") return;
    if (suffix === "li" && !LI_ENDINGS.includes(before || "?")) return;
    word.replace(suffix, by);
}

function step3(word: Word): void {
    const [suffix, by] = STEP_3.find(([ending]) => word.ends(ending)) ?? [];
    if (suffix === undefined || by === undefined || !word.inside(suffix, word.r1)) return;
    if (suffix === "ative" && !word.inside(suffix, word.r2)) return;
    word.replace(suffix, by);
}

function step4(word: Word): void {
    const [suffix] = STEP_4.find(([ending]) => word.ends(ending)) ?? [];
    if (suffix === undefined || !word.inside(suffix, word.r2)) return;
    if (suffix === "ion" && !/[st]$/.test(word.without(suffix))) return;
    word.replace(suffix, "");
}

function step5(word: Word): void {
    if (word.ends("e")) {
        const rest = word.without("e");
        if (word.inside("e", word.r2) || (word.inside("e", word.r1) && !endsInShortSyllable(rest))) word.replace("e", "");
    } else if (word.ends("ll") && word.inside("l", word.r2)) word.replace("l", "");
}

/** The stem of a word in small letters. */
export function stemEnglish(given: string): string {
    if (given.length <= 2) return given;
    const known = Object.hasOwn(EXCEPTIONS, given) ? EXCEPTIONS[given] : undefined;
    if (known !== undefined) return known;
    const word = new Word(markY(given.replace(/^'/, "")));
    word.text = word.text.replace(/'s'$|'s$|'$/, "");
    step1a(word);
    if (FINISHED.has(word.text)) return word.text;
    for (const step of [step1b, step1c, step2, step3, step4, step5]) step(word);
    return word.text.replaceAll("Y", "y");
}
