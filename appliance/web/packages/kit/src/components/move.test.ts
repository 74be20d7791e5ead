import { expect, it } from "vitest";
import { byText, nextIndex, search } from "./move";

it("arrows go round, Home and End to the ends", () => {
    expect(nextIndex("ArrowDown", 0, 3)).toBe(1);
    expect(nextIndex("ArrowDown", 2, 3)).toBe(0);
    expect(nextIndex("ArrowDown", -1, 3)).toBe(0);
    expect(nextIndex("ArrowUp", 0, 3)).toBe(2);
    expect(nextIndex("ArrowUp", -1, 3)).toBe(2);
    expect(nextIndex("Home", 2, 3)).toBe(0);
    expect(nextIndex("End", 0, 3)).toBe(2);
    expect(nextIndex("ArrowRight", 0, 3)).toBeUndefined();
    expect(nextIndex("ArrowRight", 0, 3, "horizontal")).toBe(1);
    expect(nextIndex("a", 0, 3)).toBeUndefined();
    expect(nextIndex("ArrowDown", 0, 0)).toBeUndefined();
});

it("letters find what begins with them", () => {
    const texts = ["Reply", "React", "Forward", "Редактировать"];
    expect(search("r", texts, -1)).toBe(0);
    expect(search("r", texts, 0)).toBe(1);
    expect(search("rr", texts, 1)).toBe(0);
    expect(search("rea", texts, 0)).toBe(1);
    expect(search("р", texts, 0)).toBe(3);
    expect(search("x", texts, 0)).toBeUndefined();
    expect(search("r", [], 0)).toBeUndefined();
});

it("letters that come quickly belong together", () => {
    const elements = ["Reply", "Forward", "Find", "Fork"].map((textContent) => ({ textContent }));
    const typed = { text: "", at: 0 };
    const key = (letter: string, timeStamp: number): Parameters<typeof byText>[0] => ({
        key: letter,
        timeStamp,
        ctrlKey: false,
        metaKey: false,
        altKey: false,
    });
    expect(byText(key("f", 1_000), typed, elements, 0)).toBe(1);
    expect(byText(key("i", 1_200), typed, elements, 1)).toBe(2);
    expect(byText(key("f", 5_000), typed, elements, 2)).toBe(3);
    expect(byText({ ...key("f", 9_000), ctrlKey: true }, typed, elements, 0)).toBeUndefined();
    expect(byText(key(" ", 9_000), typed, elements, 0)).toBeUndefined();
    expect(byText(key("Enter", 9_000), typed, elements, 0)).toBeUndefined();
});
