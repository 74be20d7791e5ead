/**
 * How hard a password is to guess, roughly: enough to warn of those that are guessed first. Counts what remains when
 * repetitions, runs and names that anybody would try are taken out.
 */

export type Strength = "none" | "short" | "guessed" | "weak" | "good" | "strong";

export const PASSWORD_CHARS_MIN = 8;

/** Bits from which on a password withstands who tries at the page, and who has the hash. */
const GOOD_BITS = 45;
const STRONG_BITS = 65;
/** A word that everybody knows is worth this much. */
const WORD_BITS = 8;

/** What is tried first, in small letters. Those that begin alike stand once. */
const COMMON = [
    "password", "passwort", "parol", "пароль", "qwerty", "йцукен", "asdf", "фыва", "zxcv", "ячсм", "qazwsx", "1q2w3e", "admin",
    "админ", "administrator", "welcome", "letmein", "привет", "iloveyou", "monkey", "dragon", "secret", "секрет", "master",
    "changeme", "veche", "вече", "matrix", "element", "test", "тест", "company", "winter", "summer", "spring", "autumn", "зима",
    "весна", "лето", "осень",
];
/** Rows of keys and the like: each three in a row are a step in it, in either direction. */
const RUNS = ["abcdefghijklmnopqrstuvwxyz", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"];

const YEAR = /(?:19|20)\d\d/g;

/** Judges a password; `names` are what is known of its owner. */
export function strengthOf(password: string, names: readonly string[] = []): Strength {
    if (password === "") return "none";
    if (Array.from(password).length < PASSWORD_CHARS_MIN) return "short";
    const { rest, words } = withoutWords(password.toLowerCase(), names);
    const bits = words * WORD_BITS + bitsOf(rest, alphabetOf(password));
    if (words > 0 && bits < WORD_BITS * 3) return "guessed";
    if (bits < GOOD_BITS / 2) return "guessed";
    if (bits < GOOD_BITS) return "weak";
    return bits < STRONG_BITS ? "good" : "strong";
}

/** Takes out what anybody would try, and says how much of it there was. */
function withoutWords(password: string, names: readonly string[]): { rest: string; words: number } {
    const known = names.flatMap((name) => name.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((name) => name.length >= 3);
    let [rest, words] = [password, 0];
    for (const word of [...known, ...COMMON]) {
        while (rest.includes(word)) {
            rest = rest.replace(word, " ");
            words += 1;
        }
    }
    for (const year of rest.match(YEAR) ?? []) {
        rest = rest.replace(year, " ");
        words += 1;
    }
    return { rest: rest.replaceAll(" ", ""), words };
}

/** Each character counts, but less if it follows from those before it. */
function bitsOf(text: string, alphabet: number): number {
    const letters = Array.from(text);
    const each = Math.log2(alphabet);
    const seen = new Set<string>();
    return letters.reduce((bits, letter, at) => {
        const [before, last] = [letters[at - 2], letters[at - 1]];
        const follows = letter === last || (before !== undefined && last !== undefined && isRun(before + last + letter));
        const value = follows ? 0.5 : seen.has(letter) ? each * 0.6 : each;
        seen.add(letter);
        return bits + value;
    }, 0);
}

function isRun(three: string): boolean {
    const back = Array.from(three).reverse().join("");
    return RUNS.some((run) => run.includes(three) || run.includes(back));
}

/** How many characters there would be to choose from. Words are not chosen letter by letter, so letters alone count less. */
function alphabetOf(password: string): number {
    const kinds: readonly [RegExp, number][] = [[/\p{Ll}/u, 20], [/\p{Lu}/u, 14], [/\d/, 10], [/\s/, 2], [/[^\p{L}\d\s]/u, 16]];
    return Math.max(2, kinds.reduce((size, [kind, letters]) => size + (kind.test(password) ? letters : 0), 0));
}
