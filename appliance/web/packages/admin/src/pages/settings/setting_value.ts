/** Values of settings: as they are shown, as they are typed, and back. */
import type { Schemas } from "../../api/api";

export type Setting = Schemas["Setting"];

const UNITS: readonly (readonly [string, number])[] = [
    ["GiB", 1_073_741_824],
    ["MiB", 1_048_576],
    ["KiB", 1_024],
];

/** Settings by their sections, in the order in which they come. Pure. */
export function sections(settings: readonly Setting[]): readonly (readonly [section: string, settings: readonly Setting[]])[] {
    const found = new Map<string, Setting[]>();
    for (const setting of settings) {
        const [section = ""] = setting.key.split(".");
        found.set(section, [...(found.get(section) ?? []), setting]);
    }
    return [...found];
}

/** Bytes in the largest unit that keeps them whole: what was typed comes back as it was. Pure. */
export function bytesText(bytes: number): string {
    const unit = bytes === 0 ? undefined : UNITS.find(([, size]) => bytes % size === 0);
    return unit === undefined ? `${bytes} B` : `${bytes / unit[1]} ${unit[0]}`;
}

/** Reads "100 MiB", "1.5 GiB", "2048"; null: it is none. Pure. */
export function parseBytes(text: string): number | null {
    const found = /^\s*(\d+(?:[.,]\d+)?)\s*(B|KiB|MiB|GiB|КиБ|МиБ|ГиБ|Б)?\s*$/i.exec(text);
    if (!found) return null;
    const unit = (found[2] ?? "B").toLowerCase().replace("ки", "ki").replace("ми", "mi").replace("ги", "gi").replace("б", "b");
    const size = UNITS.find(([name]) => name.toLowerCase() === unit)?.[1] ?? 1;
    const bytes = Number((found[1] ?? "").replace(",", ".")) * size;
    return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : null;
}

/** A value as somebody edits it. Pure. */
export function editable(setting: Pick<Setting, "kind">, value: unknown): string {
    if (value === null || value === undefined) return "";
    if (setting.kind === "bytes" && typeof value === "number") return bytesText(value);
    if (Array.isArray(value)) return value.map(String).join("\n");
    return typeof value === "string" ? value : JSON.stringify(value);
}

/** What was typed as a value; undefined: it is none. Empty is the default, which is null. Pure. */
export function readValue(setting: Pick<Setting, "kind">, text: string): unknown {
    const trimmed = text.trim();
    if (trimmed === "") return null;
    switch (setting.kind) {
        case "bytes":
            return parseBytes(trimmed) ?? undefined;
        case "number":
            return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : undefined;
        case "switch":
            return trimmed === "true" ? true : trimmed === "false" ? false : undefined;
        case "list":
            return trimmed.split(/[\n,]/).map((part) => part.trim()).filter((part) => part !== "");
        case "text":
        case "choice":
            return trimmed;
    }
}
