import { expect, test } from "vitest";
import { type Setting, bytesText, editable, parseBytes, readValue, sections } from "./setting_value";

test.each([
    [104_857_600, "100 MiB"],
    [1_073_741_824, "1 GiB"],
    [1_000_000, "1000000 B"],
    [0, "0 B"],
])("%i bytes are written %s, and read back", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
    expect(parseBytes(text)).toBe(bytes);
});

test.each([
    ["1.5 GiB", 1_610_612_736],
    ["1,5 ГиБ", 1_610_612_736],
    ["2048", 2_048],
    ["10mib", 10_485_760],
    ["ten", null],
    ["5 parsecs", null],
    ["-1", null],
    ["", null],
])("%j is %s bytes", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
});

test.each<[Setting["kind"], unknown, string]>([
    ["text", "Horns & Hooves", "Horns & Hooves"],
    ["number", 4_096, "4096"],
    ["switch", true, "true"],
    ["choice", "token", "token"],
    ["list", ["10.0.0.1", "10.1.0.0/24"], "10.0.0.1\n10.1.0.0/24"],
    ["bytes", 1_048_576, "1 MiB"],
    ["text", null, ""],
])("a %s is edited as text, and read back", (kind, value, text) => {
    expect(editable({ kind }, value)).toBe(text);
    expect(readValue({ kind }, text)).toEqual(value);
});

test.each<[Setting["kind"], string]>([
    ["number", "many"],
    ["number", "1e5"],
    ["bytes", "lots"],
    ["switch", "perhaps"],
])("what is no %s is none: %s", (kind, text) => {
    expect(readValue({ kind }, text)).toBeUndefined();
});

test("settings stand in their sections", () => {
    const named = ["role", "server.name", "server.public_url", "tls.source"].map((key) => ({ key }) as Setting);
    expect(sections(named).map(([name, list]) => [name, list.length])).toEqual([
        ["role", 1],
        ["server", 2],
        ["tls", 1],
    ]);
});
