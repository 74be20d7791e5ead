//! Russian word forms by the Snowball project's rules: https://snowballstem.org/algorithms/russian/stemmer.html

const VOWEL = /[аеиоуыэюя]/;

/** Endings of one kind. Those of the first group count only behind «а» or «я», which stay. */
interface Endings {
    readonly all: readonly string[];
    readonly behindA: ReadonlySet<string>;
}

function endings(behindA: string, others: string): Endings {
    const first = behindA.split(" ").filter(Boolean);
    const all = [...first, ...others.split(" ").filter(Boolean)];
    // The longest that fits is the one, also if it then does not count.
    return { all: all.sort((a, b) => b.length - a.length), behindA: new Set(first) };
}

const GERUND = endings("в вши вшись", "ив ивши ившись ыв ывши ывшись");
const REFLEXIVE = endings("", "ся сь");
const ADJECTIVE = endings("", "ее ие ые ое ими ыми ей ий ый ой ем им ым ом его ого ему ому их ых ую юю ая яя ою ею");
const PARTICIPLE = endings("ем нн вш ющ щ", "ивш ывш ующ");
const VERB = endings(
    "ла на ете йте ли й л ем н ло но ет ют ны ть ешь нно",
    "ила ыла ена ейте уйте ите или ыли ей уй ил ыл им ым ен ило ыло ено ят ует уют ит ыт ены ить ыть ишь ую ю",
);
const NOUN = endings("", "а ев ов ие ье е иями ями ами еи ии и ией ей ой ий й иям ям ием ем ам ом о у ах иях ях ы ь ию ью ю ия ья я");
const SUPERLATIVE = endings("", "ейш ейше");
const DERIVATIONAL = endings("", "ост ость");

/** Where the part behind the first vowel begins. */
function afterVowel(word: string): number {
    const at = word.search(VOWEL);
    return at < 0 ? word.length : at + 1;
}

/** Where the part behind the first non-vowel that follows a vowel begins. */
function regionAfter(word: string, start: number): number {
    for (let at = start + 1; at < word.length; at += 1) {
        if (!VOWEL.test(word[at] ?? "") && VOWEL.test(word[at - 1] ?? "")) return at + 1;
    }
    return word.length;
}

/** The word without an ending of this kind, which has to lie behind `start`; null if it has none. */
function cut(word: string, { all, behindA }: Endings, start: number): string | null {
    const ending = all.find((known) => word.length - known.length >= start && word.endsWith(known));
    if (ending === undefined) return null;
    const rest = word.slice(0, word.length - ending.length);
    if (!behindA.has(ending)) return rest;
    return rest.length > start && /[ая]$/.test(rest) ? rest : null;
}

function inflection(word: string, start: number): string {
    const gerund = cut(word, GERUND, start);
    if (gerund !== null) return gerund;
    const plain = cut(word, REFLEXIVE, start) ?? word;
    const adjective = cut(plain, ADJECTIVE, start);
    if (adjective !== null) return cut(adjective, PARTICIPLE, start) ?? adjective;
    return cut(plain, VERB, start) ?? cut(plain, NOUN, start) ?? plain;
}

/** The stem of a word in small letters. */
export function stemRussian(given: string): string {
    const word = given.replaceAll("ё", "е");
    const start = afterVowel(word);
    const second = regionAfter(word, regionAfter(word, 0));
    let stem = inflection(word, start);
    if (stem.length > start && stem.endsWith("и")) stem = stem.slice(0, -1);
    stem = cut(stem, DERIVATIONAL, second) ?? stem;
    const superlative = cut(stem, SUPERLATIVE, start);
    if (superlative !== null) stem = superlative;
    if (stem.endsWith("нн") && stem.length - 1 > start) return stem.slice(0, -1);
    return superlative === null && stem.endsWith("ь") && stem.length > start ? stem.slice(0, -1) : stem;
}
