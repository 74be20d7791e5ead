import { expect, it } from "vitest";
import { barHeight, tickPlace } from "./BarChart";

it.each([
    ["the most takes all of the height", 10, 10, 64],
    ["half of it, half of the height", 5, 10, 32],
    ["little is still seen", 1, 1_000_000, 1.5],
    ["nothing is nothing", 0, 10, 0],
    ["nor is there a bar where all are nothing", 0, 0, 0],
])("%s", (_, value, most, height) => {
    expect(barHeight(value, most, 64)).toBe(height);
});

it.each([
    ["the last bar's words end with it", 29, 30, { edge: "end", percent: 100 }],
    ["the first bar's words begin with it", 0, 30, { edge: "start", percent: 0 }],
    ["other words stand below the middle of their bar", 14, 20, { edge: "middle", percent: 72.5 }],
    ["the words of a lone bar stand below its middle", 0, 1, { edge: "middle", percent: 50 }],
])("%s", (_, at, count, place) => {
    expect(tickPlace(at, count)).toEqual(place);
});
