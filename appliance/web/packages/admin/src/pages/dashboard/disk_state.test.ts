import { expect, test } from "vitest";
import { diskState, wantsAttention } from "./disk_state";

test.each([
    ["plenty", 84, "plenty", undefined],
    ["plenty", 85, "low", "warning"],
    ["plenty", 100, "low", "warning"],
    ["low", 50, "low", "warning"],
    ["low", 92, "low", "warning"],
    ["no_uploads", 50, "no_uploads", "danger"],
    ["no_uploads", 96, "no_uploads", "danger"],
    ["read_only", 99, "read_only", "danger"],
] as const)("a disk of which the server says %s, filled to %d %%, is shown as %s", (level, used, shown, tone) => {
    expect(diskState({ level, free_bytes: 100 - used, total_bytes: 100 })).toEqual({ level: shown, tone, usedBytes: used, usedPart: used / 100 });
});

test("a disk that could not be measured is not called full", () => {
    expect(diskState({ level: "plenty", free_bytes: 0, total_bytes: 0 })).toEqual({ level: "plenty", tone: undefined, usedBytes: 0, usedPart: 0 });
});

test("a disk that is nearly full is not called well, and is complained of once", () => {
    const disk = { level: "plenty", free_bytes: 10, total_bytes: 100, full_in_days: null } as const;
    const told = [{ id: "disk_full_soon", failed: false }];
    expect(wantsAttention({ health: [], disk })).toEqual([{ id: "disk_low", failed: false }]);
    expect(wantsAttention({ health: told, disk })).toEqual(told);
    expect(wantsAttention({ health: [], disk: { ...disk, free_bytes: 50 } })).toEqual([]);
    expect(wantsAttention({ health: [], disk: null })).toEqual([]);
});
