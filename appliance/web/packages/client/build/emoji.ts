/** Emoji for the picker: of emojibase's 570 kB a language what is shown and searched, as a module of its own each. */
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import type { Plugin } from "vite";

const PREFIX = "virtual:emoji/";
/** Parts of emoji, which nobody picks. */
const COMPONENTS = 2;

interface Source {
    readonly unicode: string;
    readonly label: string;
    readonly group?: number;
    readonly order?: number;
    readonly tags?: readonly string[];
}

/** `import emoji from "virtual:emoji/en"`: `[shape, group, name, words]`, in the order that people know. */
export function emoji(): Plugin {
    const require = createRequire(import.meta.url);
    return {
        name: "veche-emoji",
        resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
        async load(id) {
            if (!id.startsWith(`\0${PREFIX}`)) return null;
            const language = id.slice(PREFIX.length + 1);
            const file = require.resolve(`emojibase-data/${language}/compact.json`);
            const all = JSON.parse(await readFile(file, "utf8")) as Source[];
            const rows = all
                .filter(({ group }) => group !== undefined && group !== COMPONENTS)
                .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
                .map(({ unicode, group, label, tags = [] }) => [unicode, group, label, tags.join(" ")]);
            // As a string: parsed faster than a literal of this size.
            return `export default JSON.parse(${JSON.stringify(JSON.stringify(rows))})`;
        },
    };
}
