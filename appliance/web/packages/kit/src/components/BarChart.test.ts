import { expect, it } from "vitest";
import { barHeight } from "./BarChart";

it.each([
    ["the most takes all of the height", 10, 10, 64],
    ["half of it, half of the height", 5, 10, 32],
    ["little is still seen", 1, 1_000_000, 1.5],
    ["nothing is nothing", 0, 10, 0],
    ["nor is there a bar where all are nothing", 0, 0, 0],
])("%s", (_, value, most, height) => {
    expect(barHeight(value, most, 64)).toBe(height);
});
