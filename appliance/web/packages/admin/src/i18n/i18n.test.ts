import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { checkCatalogs } from "@veche/kit/testing";
import { expect, test } from "vitest";
import { en } from "./en";
import { ru } from "./ru";

const ROOT = join(import.meta.dirname, "../../../../../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const has = (key: string) => Object.hasOwn(en, key);

test("both languages say the same", () => {
    expect(checkCatalogs({ en, ru })).toEqual([]);
});

test("every setting has a name, and every choice of one", () => {
    const catalogue = read("appliance/server/src/settings/catalogue.rs");
    const keys = [...catalogue.matchAll(/(?:machine|choice|secret)\("([a-z_.]+)"/g)].map(([, key]) => key ?? "");
    expect(keys.length).toBeGreaterThan(30);
    expect(keys.filter((key) => !has(`setting.${key}`) || !has(`section.${key.split(".")[0] ?? ""}`))).toEqual([]);
    // Versions and the one role name themselves.
    const choices = [...catalogue.matchAll(/choice\("([a-z_.]+)", &\[([^\]]*)\]/g)].filter(([, key]) => key !== "role" && key !== "rooms.default_version");
    const missing = choices.flatMap(([, key, values]) => [...(values ?? "").matchAll(/"([^"]+)"/g)].map(([, value]) => `choice.${key ?? ""}.${value ?? ""}`).filter((name) => !has(name)));
    expect(missing).toEqual([]);
});

test("everything that can be wrong with a certificate has words", () => {
    const codes = [...read("acme/src/fault.rs").matchAll(/Self::\w+(?: \{ \.\. \})? => "(\w+)"/g)].map(([, code]) => code ?? "");
    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((code) => !has(`pem.${code}`))).toEqual([]);
});

test("what wants attention has words", () => {
    const ids = [...read("appliance/api/src/admin/v1/dashboard/get.rs").matchAll(/add\("(\w+)"/g)].map(([, id]) => id ?? "");
    expect(ids.length).toBeGreaterThan(7);
    expect(ids.filter((id) => !has(`health.${id}`))).toEqual([]);
});

test("no text is kept that nothing says", () => {
    const source = readdirSync(join(import.meta.dirname, ".."), { recursive: true, encoding: "utf8" })
        .filter((path) => /\.tsx?$/.test(path) && !path.startsWith("i18n") && !path.includes(".test."))
        .map((path) => readFileSync(join(import.meta.dirname, "..", path), "utf8"))
        .join("\n");
    // Beginnings of keys whose ends come from the server or a list: `t(`role.${role}`)`, `known(t, "health", id)`.
    const begun = [...source.matchAll(/`([a-zA-Z.]+\.)\$\{/g), ...source.matchAll(/known\(t, [`"]([\w.]+)/g)].map(([, start]) => start ?? "");
    const unsaid = Object.keys(en).filter((key) => !source.includes(`"${key}"`) && !begun.some((start) => key.startsWith(start)));
    expect(unsaid).toEqual([]);
});
