import { describe, expect, it } from "vitest";
import { checkCatalogs } from "../testing";
import type { Catalog, Translation } from "./catalog";
import { createI18n } from "./i18n";

const en = {
    hello: "Hello",
    invited: "{who} invited {whom} and {who} again",
    members: { one: "{count} member of {room}", other: "{count} members of {room}" },
} as const satisfies Catalog;

const ru: Translation<typeof en> = {
    hello: "Здравствуйте",
    invited: "{who} приглашает: {whom}, снова {who}",
    members: {
        one: "{count} участник в {room}",
        few: "{count} участника в {room}",
        many: "{count} участников в {room}",
        other: "{count} участника в {room}",
    },
};

function storage(initial: Record<string, string> = {}): Pick<Storage, "getItem" | "setItem"> {
    const kept = new Map(Object.entries(initial));
    return {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => {
            kept.set(key, value);
        },
    };
}

describe("texts", () => {
    it("are those of the language, with parameters put in", () => {
        const i18n = createI18n({ en, ru }, { language: "en", storage: null });
        expect(i18n.t("hello")).toBe("Hello");
        expect(i18n.t("invited", { who: "Anna", whom: "Boris" })).toBe("Anna invited Boris and Anna again");
        i18n.setLanguage("ru");
        expect(i18n.t("invited", { who: "Анна", whom: "Борис" })).toBe("Анна приглашает: Борис, снова Анна");
    });

    it.each([
        ["en", 1, "1 member of Ops"],
        ["en", 0, "0 members of Ops"],
        ["en", 12_345, "12,345 members of Ops"],
        ["ru", 1, "1 участник в Ops"],
        ["ru", 21, "21 участник в Ops"],
        ["ru", 3, "3 участника в Ops"],
        ["ru", 11, "11 участников в Ops"],
        ["ru", 1.5, "1,5 участника в Ops"],
    ] as const)("have the plural form of the language: %s %d", (language, count, expected) => {
        const i18n = createI18n({ en, ru }, { language, storage: null });
        expect(i18n.t("members", { count, room: "Ops" })).toBe(expected);
    });

    it("do not put parameters into parameters", () => {
        const i18n = createI18n({ en, ru }, { language: "en", storage: null });
        expect(i18n.t("invited", { who: "{whom}", whom: "$&" })).toBe("{whom} invited $& and {whom} again");
    });

    it("refuse wrong keys and parameters when they are compiled", () => {
        const { t } = createI18n({ en, ru }, { language: "en", storage: null });
        // @ts-expect-error there is no such key
        expect(t("goodbye")).toBe("");
        // @ts-expect-error a parameter is missing
        expect(t("invited", { who: "Anna" })).toContain("{whom}");
        // @ts-expect-error this text has no parameters
        expect(t("hello", { who: "Anna" })).toBe("Hello");
        // @ts-expect-error a count is a number
        expect(t("members", { count: "3", room: "Ops" })).toBe("3 members of Ops");
    });
});

describe("the language", () => {
    it("is the one that was kept", () => {
        const kept = storage({ "veche.language": "ru" });
        expect(createI18n({ en, ru }, { storage: kept }).language).toBe("ru");
        expect(createI18n({ en, ru }, { storage: storage({ "veche.language": "tlh" }) }).language).toBe("en");
    });

    it("is kept when it changes, and told to those who look", () => {
        const kept = storage();
        const i18n = createI18n({ en, ru }, { language: "en", storage: kept });
        const seen: string[] = [];
        const stop = i18n.subscribe(() => seen.push(i18n.getSnapshot()));
        i18n.setLanguage("ru");
        i18n.setLanguage("ru");
        stop();
        i18n.setLanguage("en");
        expect(seen).toEqual(["ru"]);
        expect(kept.getItem("veche.language")).toBe("en");
    });

    it("changes although the browser keeps nothing", () => {
        const refuse = (): never => {
            throw new Error("storage is off");
        };
        const i18n = createI18n({ en, ru }, { storage: { getItem: refuse, setItem: refuse } });
        i18n.setLanguage("ru");
        expect(i18n.t("hello")).toBe("Здравствуйте");
    });
});

describe("the check of catalogs", () => {
    it("finds nothing in good ones", () => {
        expect(checkCatalogs({ en, ru })).toEqual([]);
    });

    it.each<[string, Catalog, Catalog, string]>([
        ["a missing key", { a: "A", b: "B" }, { a: "А" }, "ru: b is missing"],
        ["a key too many", { a: "A" }, { a: "А", b: "Б" }, "en: b is missing"],
        ["an empty text", { a: "A" }, { a: " " }, "ru: a has an empty text"],
        ["another parameter", { a: "{name}" }, { a: "{nаme2}" }, "brace"],
        ["a missing parameter", { a: "{name}" }, { a: "имя" }, "other parameters"],
        ["a missing form", en, { ...ru, members: { one: "{room}", other: "{room}" } }, "ru: members has the forms"],
        ["a plural in one language", { a: "A" }, { a: ru.members }, "plural in one language"],
        ["a brace without its other", { a: "A {name" }, { a: "A" }, "brace"],
    ])("finds %s", (_, left, right, complaint) => {
        expect(checkCatalogs({ en: left, ru: right }).join("\n")).toContain(complaint);
    });
});
