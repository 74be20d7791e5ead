import { expect, test } from "vitest";
import { readableName } from "./names";

test.each([
    ["@anna:b.example", "Anna", "Anna"],
    ["@anna:b.example", null, "anna"],
    ["@anna:b.example", "@anna:b.example", "anna"],
    ["@anna:b.example", "", "anna"],
    ["@anna:partner.example", undefined, "@anna:partner.example"],
    ["@anna:b.example:8448", null, "@anna:b.example:8448"],
    ["nobody", null, "nobody"],
])("%s named %s is shown as %s", (id, name, shown) => {
    expect(readableName(id, name, "@me:b.example")).toBe(shown);
});
