/** What holds for all style sheets, and the contrast of the colors. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const source = join(import.meta.dirname, "..");
const sheets = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".css"));
const read = (path: string): string => readFileSync(join(source, path), "utf8");
const tokens = read("styles/tokens.css");

describe("style sheets", () => {
    it("are all found", () => {
        expect(sheets.length).toBeGreaterThan(25);
    });

    it.each(sheets.filter((path) => path !== "styles/tokens.css"))("%s names the layers before it uses them", (path) => {
        expect(read(path).replace(/^\/\*.*?\*\/\s*/s, "")).toMatch(/^@layer reset, kit;/);
    });

    it.each(sheets.filter((path) => !path.startsWith("styles/")))("%s takes its colors from the tokens", (path) => {
        expect(read(path).match(/#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(/gi) ?? []).toEqual([]);
    });

    it.each(sheets)("%s uses only tokens that there are", (path) => {
        const used = [...read(path).matchAll(/var\((--(?:color|space|radius|font|shadow|duration|easing|layer|control)[\w-]*)/g)];
        const local = new Set([...read(path).matchAll(/^\s*(--[\w-]+):/gm)].map(([, name]) => name));
        const missing = used.map(([, name]) => name ?? "").filter((name) => !tokens.includes(`${name}:`) && !local.has(name));
        expect(missing).toEqual([]);
    });
});

/** The light and the dark value of a color. */
function color(name: string): readonly [string, string] {
    const value = new RegExp(`--color-${name}: (.+);`).exec(tokens)?.[1] ?? "";
    const pair = /^light-dark\((#\w{6}), (#\w{6})\)$/.exec(value);
    const [light, dark] = pair === null ? [value, value] : [pair[1] ?? "", pair[2] ?? ""];
    expect([light, dark], name).toEqual([expect.stringMatching(/^#\w{6}$/), expect.stringMatching(/^#\w{6}$/)]);
    return [light, dark];
}

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
    const [red, green, blue] = [1, 3, 5].map((at) => {
        const part = parseInt(hex.slice(at, at + 2), 16) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
    return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ["bg", "bg-subtle", "bg-sunken", "bg-raised", "bg-control"];
const AVATARS = ["1", "2", "3", "4", "5", "6", "7", "8"].map((index) => `avatar-${index}`);

/** Text on a ground: 4.5 to 1 (WCAG AA). */
const TEXTS: readonly (readonly [string, readonly string[]])[] = [
    ["text", [...GROUNDS, "bg-selected", "accent-bg", "success-bg", "warning-bg", "danger-bg", "neutral-bg"]],
    ["text-muted", [...GROUNDS, "bg-selected", "accent-bg", "warning-bg", "danger-bg", "success-bg", "neutral-bg"]],
    ["text-faint", GROUNDS],
    ["accent-text", [...GROUNDS, "accent-bg", "bg-selected"]],
    ["success-text", [...GROUNDS, "success-bg"]],
    ["warning-text", [...GROUNDS, "warning-bg"]],
    ["danger-text", [...GROUNDS, "danger-bg"]],
    ["text-inverse", ["bg-inverse"]],
    [
        "text-on-solid",
        ["accent", "accent-pressed", "danger", "danger-pressed", "success", "warning", "neutral", ...AVATARS],
    ],
];

/** Edges of controls, signs and the ring of focus against what they lie on: 3 to 1. */
const EDGES: readonly (readonly [string, readonly string[]])[] = [
    ["border-control", GROUNDS],
    ["focus", GROUNDS],
    ["accent", ["bg", "bg-subtle", "bg-control"]],
    ["online", ["bg", "bg-subtle"]],
    ["busy", ["bg", "bg-subtle"]],
    ["offline", ["bg"]],
];

function cases(pairs: typeof TEXTS): readonly (readonly [string, string])[] {
    return pairs.flatMap(([front, grounds]) => grounds.map((ground) => [front, ground] as const));
}

describe.each([
    ["light", 0],
    ["dark", 1],
] as const)("contrast in the %s theme", (_, theme) => {
    it.each(cases(TEXTS))("%s on %s can be read", (front, ground) => {
        expect(contrast(color(front)[theme], color(ground)[theme])).toBeGreaterThanOrEqual(4.5);
    });

    it.each(cases(EDGES))("%s on %s can be seen", (front, ground) => {
        expect(contrast(color(front)[theme], color(ground)[theme])).toBeGreaterThanOrEqual(3);
    });
});
