import { describe, expect, it } from "vitest";
import type { Placement } from "../types";
import { type Rect, place } from "./place";

const viewport = { width: 1_000, height: 800 };
const size = { width: 200, height: 100 };
const middle: Rect = { left: 400, top: 300, width: 100, height: 40 };

function at(placement: Placement, anchor: Rect = middle, wanted = size): [number, number] {
    const { left, top } = place({ anchor, size: wanted, viewport, placement, gap: 4 });
    return [left, top];
}

describe("in the middle of the window", () => {
    it.each<[Placement, [number, number]]>([
        ["bottom", [350, 344]],
        ["bottom-start", [400, 344]],
        ["bottom-end", [300, 344]],
        ["top", [350, 196]],
        ["top-start", [400, 196]],
        ["start", [196, 270]],
        ["end", [504, 270]],
    ])("%s is where it was wished", (placement, expected) => {
        expect(at(placement)).toEqual(expected);
    });
});

describe("at the edges of the window", () => {
    it("goes to the other side where there is more room", () => {
        expect(at("bottom", { ...middle, top: 740 })).toEqual([350, 636]);
        expect(at("top", { ...middle, top: 20 })).toEqual([350, 64]);
        expect(at("start", { ...middle, left: 50 })).toEqual([154, 270]);
        expect(at("end", { ...middle, left: 890 })).toEqual([686, 270]);
    });

    it("moves along its edge to stay inside", () => {
        expect(at("bottom-start", { ...middle, left: 950, width: 40 })).toEqual([792, 344]);
        expect(at("bottom-end", { ...middle, left: 10, width: 40 })).toEqual([8, 344]);
    });

    it("is as high as its side allows, and scrolls", () => {
        const found = place({ anchor: middle, size: { width: 200, height: 2_000 }, viewport, placement: "bottom", gap: 4 });
        expect(found).toEqual({ left: 350, top: 344, heightMax: 448 });
    });

    it("covers its anchor rather than being too low to use", () => {
        const low = { width: 300, height: 150 };
        const anchor = { left: 10, top: 60, width: 50, height: 40 };
        const found = place({ anchor, size: { width: 200, height: 400 }, viewport: low, placement: "bottom", gap: 4 });
        expect(found.heightMax).toBe(120);
        expect(found.top).toBe(8);
    });

    it("begins in sight even if it is wider than the window", () => {
        expect(at("bottom", middle, { width: 2_000, height: 100 })[0]).toBe(8);
    });
});

it("a point has no size, and what opens there begins at it", () => {
    expect(at("bottom-start", { left: 100, top: 100, width: 0, height: 0 })).toEqual([100, 104]);
});
