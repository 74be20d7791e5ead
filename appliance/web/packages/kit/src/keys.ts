/** Combinations of keys as they are written in the code: `"Mod+Shift+K"`, where `Mod` is Ctrl, and Command on a Mac. */

/** What is asked of a pressed key. */
export type KeyPress = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

interface Combination {
    readonly key: string;
    readonly mod: boolean;
    readonly alt: boolean;
    readonly shift: boolean;
}

/** Whether this is a Mac, an iPad or an iPhone, which have keys of their own. */
export function isApple(platform: string = typeof navigator === "undefined" ? "" : navigator.platform): boolean {
    return /^(mac(intel|ppc|68k|intosh)|ip(hone|ad|od))/i.test(platform);
}

function parse(combination: string): Combination {
    const parts = combination.split("+");
    const key = parts.pop() ?? "";
    return { key, mod: parts.includes("Mod"), alt: parts.includes("Alt"), shift: parts.includes("Shift") };
}

/**
 * Whether these keys are pressed, and no further ones. Letters are those of a Latin keyboard whichever layout is on: on a
 * Russian one `Mod+K` is the key that says л.
 */
export function matches(press: KeyPress, combination: string, apple: boolean = isApple()): boolean {
    const { key, mod, alt, shift } = parse(combination);
    const [wanted, unwanted] = apple ? [press.metaKey, press.ctrlKey] : [press.ctrlKey, press.metaKey];
    if (wanted !== mod || unwanted || press.altKey !== alt) {
        return false;
    }
    const isLetter = /^[a-z]$/i.test(key);
    // "?" is typed with Shift on some keyboards and without on others.
    const shiftMatters = isLetter || key.length > 1;
    if (shiftMatters && press.shiftKey !== shift) {
        return false;
    }
    return isLetter ? press.code === `Key${key.toUpperCase()}` : press.key === key;
}

const APPLE_SIGNS: Readonly<Record<string, string>> = { Mod: "⌘", Alt: "⌥", Shift: "⇧", Enter: "↩", Backspace: "⌫" };
const SIGNS: Readonly<Record<string, string>> = {
    Mod: "Ctrl",
    Escape: "Esc",
    ArrowUp: "↑",
    ArrowDown: "↓",
    ArrowLeft: "←",
    ArrowRight: "→",
    " ": "␣",
};

/** How the keys are written for people, one by one. */
export function signs(combination: string, apple: boolean = isApple()): readonly string[] {
    return combination
        .split("+")
        .map((key) => (apple ? APPLE_SIGNS[key] : undefined) ?? SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key));
}

/** Whether keys pressed here are text that somebody writes. */
export function isTyping(target: EventTarget | null): boolean {
    if (!(target instanceof HTMLElement)) {
        return false;
    }
    const button = target instanceof HTMLInputElement && /^(button|checkbox|radio|range|submit|reset|file|color)$/.test(target.type);
    return !button && (target.isContentEditable || target.matches("input, textarea, select"));
}
