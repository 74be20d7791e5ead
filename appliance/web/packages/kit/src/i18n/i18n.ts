/**
 * The language of an application: which one is in use, and its texts.
 *
 * It is a store that views subscribe to; it knows no React. The choice is kept in the browser, else the browser's own
 * list of languages decides.
 */
import { type Arguments, type Catalog, type Keys, type Message, type Translation, split } from "./catalog";
import { type Format, createFormat, first } from "./format";

/** The languages that every application has. */
export type Language = "en" | "ru";

/** Where the choice is kept. */
const STORED_AS = "veche.language";

/** Gives a text. */
export type Translate<C extends Catalog> = <K extends Keys<C>>(
    key: K,
    ...args: Arguments<C[K], string | number>
) => string;

/** The texts of both languages. */
export interface Catalogs<C extends Catalog> {
    readonly en: C;
    readonly ru: Translation<C>;
}

/** What tests decide themselves. */
export interface I18nOptions {
    /** The first language; none: the kept one, else the browser's. */
    readonly language?: Language | undefined;
    /** Where the choice is kept; `null`: nowhere. */
    readonly storage?: Pick<Storage, "getItem" | "setItem"> | null | undefined;
    /** Tells the time. */
    readonly now?: (() => number) | undefined;
}

/** The language of an application. */
export interface I18n<C extends Catalog = Catalog> {
    readonly language: Language;
    readonly t: Translate<C>;
    readonly format: Format;
    /** The text taken apart, for parameters that are more than text: words and values take turns. */
    parts<Value>(key: Keys<C>, params: Readonly<Record<string, Value>>): readonly (string | Value)[];
    setLanguage(language: Language): void;
    subscribe(this: void, listener: () => void): () => void;
    getSnapshot(this: void): Language;
}

/** Makes the language of an application out of its catalogs. */
export function createI18n<const C extends Catalog>(catalogs: Catalogs<C>, options: I18nOptions = {}): I18n<C> {
    return new Translator<C>(catalogs, options);
}

class Translator<C extends Catalog> implements I18n<C> {
    private readonly catalogs: Catalogs<C>;
    private readonly storage: Pick<Storage, "getItem" | "setItem"> | null;
    private readonly now: () => number;
    private readonly listeners = new Set<() => void>();
    private current!: Language;
    private plurals!: () => Intl.PluralRules;
    private writer!: Format;

    constructor(catalogs: Catalogs<C>, { language, storage, now = Date.now }: I18nOptions) {
        this.catalogs = catalogs;
        this.storage = storage === undefined ? browserStorage() : storage;
        this.now = now;
        this.use(language ?? kept(this.storage) ?? preferred());
    }

    get language(): Language {
        return this.current;
    }

    get format(): Format {
        return this.writer;
    }

    readonly t: Translate<C> = (key, ...args) => {
        const params: Readonly<Record<string, string | number>> = args[0] ?? {};
        return this.parts(key, params)
            .map((part) => (typeof part === "number" ? this.writer.number(part) : part))
            .join("");
    };

    parts<Value>(key: Keys<C>, params: Readonly<Record<string, Value>>): readonly (string | Value)[] {
        const text = this.choose(this.catalogs[this.current][key], params["count"]);
        // A name without a value stays as it is written: the mistake is then to be seen.
        return split(text).map((part, index) => (index % 2 === 0 ? part : (params[part] ?? `{${part}}`)));
    }

    setLanguage(language: Language): void {
        if (language === this.current) {
            return;
        }
        this.use(language);
        try {
            this.storage?.setItem(STORED_AS, language);
        } catch {
            // The browser keeps nothing for this page; the choice holds until it is closed.
        }
        for (const listener of this.listeners) {
            listener();
        }
    }

    readonly subscribe = (listener: () => void): (() => void) => {
        this.listeners.add(listener);
        return () => {
            this.listeners.delete(listener);
        };
    };

    readonly getSnapshot = (): Language => this.current;

    private use(language: Language): void {
        this.current = language;
        this.plurals = first(() => new Intl.PluralRules(language));
        this.writer = createFormat(regional(language), { now: this.now });
        if (typeof document !== "undefined") {
            document.documentElement.lang = language;
        }
    }

    private choose(message: Message | undefined, count: unknown): string {
        if (message === undefined || typeof message === "string") {
            return message ?? "";
        }
        return (typeof count === "number" ? message[this.plurals().select(count)] : undefined) ?? message.other;
    }
}

function isLanguage(value: string | null | undefined): value is Language {
    return value === "en" || value === "ru";
}

function kept(storage: Pick<Storage, "getItem"> | null): Language | undefined {
    try {
        const value = storage?.getItem(STORED_AS);
        return isLanguage(value) ? value : undefined;
    } catch {
        return undefined;
    }
}

/** What the browser's owner reads, best first. */
function wanted(): readonly string[] {
    return typeof navigator === "undefined" ? [] : navigator.languages;
}

/** The first of the browser's languages that is one of ours. */
function preferred(): Language {
    return wanted().map(base).find(isLanguage) ?? "en";
}

/** The language with the region of the browser's owner, if he has one: dates are written in many ways in English. */
function regional(language: Language): string {
    const own = wanted().find((tag) => tag.includes("-") && base(tag) === language);
    return own ?? (language === "en" ? "en-GB" : language);
}

function base(tag: string): string {
    return tag.slice(0, 2).toLowerCase();
}

/** A browser that forbids it throws at the very name. */
function browserStorage(): Storage | null {
    try {
        return typeof localStorage === "undefined" ? null : localStorage;
    } catch {
        return null;
    }
}
