/** For the tests of applications: what can be wrong with their catalogs. */
import type { Catalog, Message } from "./i18n/catalog";
import { names } from "./i18n/catalog";

/**
 * Everything that is wrong with the catalogs of one package; empty if nothing is. Asks for the same keys in each, a plural
 * where the others have one, exactly the forms that the language has, the same parameters, and a text in each.
 */
export function checkCatalogs(catalogs: Readonly<Record<string, Catalog>>): readonly string[] {
    const [first, ...others] = Object.entries(catalogs);
    if (first === undefined) {
        return ["there is no catalog"];
    }
    const complaints = Object.entries(catalogs).flatMap(([language, catalog]) => checkForms(language, catalog));
    for (const [language, catalog] of others) {
        complaints.push(...compare(first[0], first[1], language, catalog));
    }
    return complaints;
}

function checkForms(language: string, catalog: Catalog): string[] {
    const needed = [...new Intl.PluralRules(language).resolvedOptions().pluralCategories].sort();
    const complaints: string[] = [];
    for (const [key, message] of Object.entries(catalog)) {
        const at = `${language}: ${key}`;
        if (texts(message).some((text) => text.trim() === "")) {
            complaints.push(`${at} has an empty text`);
        }
        if (texts(message).some((text) => /[{}]/.test(text.replaceAll(/\{\w+\}/g, "")))) {
            complaints.push(`${at} has a brace too many, or one too few`);
        }
        if (typeof message !== "string" && Object.keys(message).sort().join() !== needed.join()) {
            complaints.push(`${at} has the forms ${Object.keys(message).join(", ")}, not ${needed.join(", ")}`);
        }
    }
    return complaints;
}

function compare(base: string, left: Catalog, language: string, right: Catalog): string[] {
    const complaints: string[] = [];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
        const [ours, theirs] = [left[key], right[key]];
        if (ours === undefined || theirs === undefined) {
            complaints.push(`${ours === undefined ? base : language}: ${key} is missing`);
        } else if (typeof ours !== typeof theirs) {
            complaints.push(`${key} is a plural in one language only`);
        } else if (parameters(ours) !== parameters(theirs)) {
            complaints.push(`${key} has other parameters: ${base} ${parameters(ours)}; ${language} ${parameters(theirs)}`);
        }
    }
    return complaints;
}

function texts(message: Message): readonly string[] {
    return typeof message === "string" ? [message] : Object.values<string>({ ...message });
}

/** A plural's `count` need not be in every form ("one member"), so it does not count. */
function parameters(message: Message): string {
    const all = new Set(texts(message).flatMap(names));
    if (typeof message !== "string") {
        all.delete("count");
    }
    return [...all].sort().join(", ");
}
