import { expect, it } from "vitest";
import { type KeyPress, isApple, matches, signs } from "./keys";

function press(key: string, more: Partial<KeyPress> = {}): KeyPress {
    return { key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more };
}

it.each<[string, KeyPress, boolean, boolean]>([
    ["Mod+K", press("k", { code: "KeyK", ctrlKey: true }), false, true],
    ["Mod+K", press("k", { code: "KeyK", metaKey: true }), false, false],
    ["Mod+K", press("k", { code: "KeyK", metaKey: true }), true, true],
    ["Mod+K", press("k", { code: "KeyK", ctrlKey: true }), true, false],
    ["Mod+K", press("K", { code: "KeyK", ctrlKey: true, shiftKey: true }), false, false],
    ["Mod+Shift+K", press("K", { code: "KeyK", ctrlKey: true, shiftKey: true }), false, true],
    ["Mod+K", press("k", { code: "KeyK", ctrlKey: true, altKey: true }), false, false],
    ["K", press("k", { code: "KeyK", ctrlKey: true }), false, false],
    // A Russian layout: the same key.
    ["Mod+K", press("л", { code: "KeyK", ctrlKey: true }), false, true],
    ["Escape", press("Escape"), false, true],
    ["Escape", press("Escape", { shiftKey: true }), false, false],
    ["Alt+ArrowUp", press("ArrowUp", { altKey: true }), false, true],
    // Typed with Shift on one keyboard and without on another.
    ["?", press("?", { shiftKey: true }), false, true],
    ["?", press("?"), false, true],
    ["?", press("/"), false, false],
])("%s and what was pressed: %o (Apple: %s)", (combination, pressed, apple, expected) => {
    expect(matches(pressed, combination, apple)).toBe(expected);
});

it("writes keys as they stand on the keyboard", () => {
    expect(signs("Mod+Shift+k", false)).toEqual(["Ctrl", "Shift", "K"]);
    expect(signs("Mod+Shift+k", true)).toEqual(["⌘", "⇧", "K"]);
    expect(signs("Escape", false)).toEqual(["Esc"]);
    expect(signs("Alt+ArrowUp", false)).toEqual(["Alt", "↑"]);
});

it("knows Apple's machines", () => {
    expect(["MacIntel", "iPhone", "iPad"].map((platform) => isApple(platform))).toEqual([true, true, true]);
    expect(["Win32", "Linux x86_64", "", "Machine"].map((platform) => isApple(platform))).toEqual([false, false, false, false]);
});
