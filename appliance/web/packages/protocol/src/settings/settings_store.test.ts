import { expect, test } from "vitest";
import { DEFAULTS, SettingsStore, UNTIL_SWITCHED_OFF } from "./settings_store";

function storage(saved: string | null = null) {
    let value = saved;
    return {
        getItem: () => value,
        setItem: (_: string, next: string) => {
            value = next;
        },
    };
}

test("wishes are there after the page was closed", () => {
    const disk = storage();
    new SettingsStore(disk).change({ enterSends: false, space: "!s" });
    expect(new SettingsStore(disk).getSnapshot()).toMatchObject({ enterSends: false, space: "!s" });
});

test.each(["", "no json", "[]", '{"enterSends":"yes","unknown":1,"doNotDisturbUntil":"soon"}'])("what is not a wish is not taken for one: %s", (saved) => {
    expect(new SettingsStore(storage(saved)).getSnapshot()).toEqual(DEFAULTS);
});

test("do not disturb ends at its time, or when it is switched off", () => {
    const settings = new SettingsStore(storage());
    expect(settings.quiet(1_000)).toBe(false);
    settings.change({ doNotDisturbUntil: 2_000 });
    expect([settings.quiet(1_999), settings.quiet(2_000)]).toEqual([true, false]);
    settings.change({ doNotDisturbUntil: UNTIL_SWITCHED_OFF });
    expect(settings.quiet(1e15)).toBe(true);
});
