/** Emoji with their names in the language of the page; loaded when somebody looks for one. */
import type { Language } from "@veche/kit";

export interface Emoji {
    readonly shape: string;
    readonly group: number;
    readonly name: string;
    /** Name and keywords, in small letters. */
    readonly words: string;
}

const RECENT_KEY = "veche.emoji";
const RECENT_MAX = 24;
const FOUND_MAX = 80;

const loaded = new Map<Language, Promise<readonly Emoji[]>>();

async function load(language: Language): Promise<readonly Emoji[]> {
    // Two modules, so that a language costs only itself.
    const { default: rows } = await (language === "ru" ? import("virtual:emoji/ru") : import("virtual:emoji/en"));
    return rows.map(([shape, group, name, words]) => ({ shape, group, name, words: `${name} ${words}`.toLocaleLowerCase(language) }));
}

export function emojiOf(language: Language): Promise<readonly Emoji[]> {
    let known = loaded.get(language);
    if (!known) {
        known = load(language);
        known.catch(() => loaded.delete(language));
        loaded.set(language, known);
    }
    return known;
}

/** Emoji all of whose typed words begin a word of theirs; those whose name begins so first. */
export function findEmoji(all: readonly Emoji[], query: string, max = FOUND_MAX): Emoji[] {
    const wanted = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    if (wanted.length === 0) return [];
    const fits = (words: string) => wanted.every((part) => words.startsWith(part) || words.includes(` ${part}`));
    const found = all.filter(({ words }) => fits(words));
    const first = wanted[0] ?? "";
    found.sort((a, b) => Number(b.words.startsWith(first)) - Number(a.words.startsWith(first)));
    return found.slice(0, max);
}

/** Emoji used last, newest first. */
export function recentEmoji(): string[] {
    try {
        const saved: unknown = JSON.parse(localStorage.getItem(RECENT_KEY) ?? "[]");
        return Array.isArray(saved) ? saved.filter((shape) => typeof shape === "string").slice(0, RECENT_MAX) : [];
    } catch {
        return [];
    }
}

export function rememberEmoji(shape: string): void {
    const next = [shape, ...recentEmoji().filter((known) => known !== shape)].slice(0, RECENT_MAX);
    try {
        localStorage.setItem(RECENT_KEY, JSON.stringify(next));
    } catch {
        // Nothing depends on it.
    }
}
