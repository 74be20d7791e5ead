import { expect, it } from "vitest";
import { AVATAR_COLORS, colorIndex, initials } from "./identity";

it.each([
    ["Анна Вешнякова", "АВ"],
    ["anna maria veshnyakova", "AV"],
    ["@anna:example.org", "AO"],
    ["Пётр (гость)", "П"],
    ["(guest)", "G"],
    ["  ", "?"],
    ["", "?"],
    ["(((", "?"],
    ["李雷", "李"],
    ["é́mile", "É́"],
    ["🦊 Fox", "🦊"],
    ["🦊 🐻", "🦊"],
    ["🦊🐻", "🦊"],
    ["❤️ 🔥", "❤️"],
    ["1️⃣ 2️⃣", "1️⃣"],
    ["Anna 🌴", "A"],
    ["Anna Smith 🌴", "AS"],
    ["ß ß", "SS"],
    ["👩🏽‍💻", "👩🏽‍💻"],
    ["3rd floor", "3F"],
    ["🇪🇪 Tallinn", "🇪🇪"],
])("the letters of %s", (name, expected) => {
    expect(initials(name)).toBe(expected.normalize("NFC"));
});

it("colors are always the same, and spread over all there are", () => {
    expect(colorIndex("@anna:example.org")).toBe(colorIndex("@anna:example.org"));
    const counts = new Array<number>(AVATAR_COLORS).fill(0);
    for (let index = 0; index < 800; index += 1) {
        const color = colorIndex(`@user${index}:example.org`);
        counts[color] = (counts[color] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(60);
    expect(Math.max(...counts)).toBeLessThan(140);
});
