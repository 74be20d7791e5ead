import { expect, it } from "vitest";
import { Appearance } from "./appearance";

function surroundings(kept: string | null): {
    attributes: Map<string, string>;
    root: Pick<HTMLElement, "setAttribute" | "removeAttribute">;
    storage: Pick<Storage, "getItem" | "setItem">;
} {
    const attributes = new Map<string, string>();
    let stored = kept;
    return {
        attributes,
        root: {
            setAttribute: (name, value) => {
                attributes.set(name, value);
            },
            removeAttribute: (name) => {
                attributes.delete(name);
            },
        },
        storage: {
            getItem: () => stored,
            setItem: (_, value) => {
                stored = value;
            },
        },
    };
}

it("follows the machine until somebody chooses", () => {
    const around = surroundings(null);
    const appearance = new Appearance(around);
    appearance.start();
    expect(appearance.getSnapshot()).toEqual({ theme: "system", density: "comfortable" });
    expect([...around.attributes]).toEqual([["data-density", "comfortable"]]);
});

it("shows a choice, tells it, keeps it, and takes it back", () => {
    const around = surroundings(null);
    const appearance = new Appearance(around);
    let told = 0;
    appearance.subscribe(() => (told += 1));
    appearance.setTheme("dark");
    appearance.setDensity("compact");
    expect(around.attributes.get("data-theme")).toBe("dark");
    expect(around.attributes.get("data-density")).toBe("compact");
    expect(told).toBe(2);
    expect(new Appearance(around).getSnapshot()).toEqual({ theme: "dark", density: "compact" });
    appearance.setTheme("system");
    expect(around.attributes.has("data-theme")).toBe(false);
});

it.each(["not JSON", "null", '{"theme":"pink","density":7}', "[]"])("heeds nothing that makes no sense: %s", (kept) => {
    expect(new Appearance(surroundings(kept)).getSnapshot()).toEqual({ theme: "system", density: "comfortable" });
});

it("holds a choice that the browser refuses to keep", () => {
    const around = surroundings(null);
    around.storage.setItem = () => {
        throw new Error("storage is full");
    };
    const appearance = new Appearance(around);
    appearance.setTheme("light");
    expect(appearance.getSnapshot().theme).toBe("light");
    expect(around.attributes.get("data-theme")).toBe("light");
});
