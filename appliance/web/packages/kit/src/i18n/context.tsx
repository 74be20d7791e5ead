/** The language of the application, for its views. */
import { Fragment, type ReactNode, createContext, createElement, use, useMemo, useSyncExternalStore } from "react";
import type { Arguments, Catalog, Keys } from "./catalog";
import type { Format } from "./format";
import type { I18n, Language, Translate } from "./i18n";

const Context = createContext<I18n | null>(null);

/** Gives the language to everything below, which is drawn anew when it changes. */
export function I18nProvider<C extends Catalog>({ i18n, children }: { i18n: I18n<C>; children: ReactNode }): ReactNode {
    // Keys are checked where they are used (`useT<typeof en>()`); the context cannot know them.
    return <Context value={i18n as unknown as I18n}>{children}</Context>;
}

/** What a view needs of the language. */
export interface Localized<C extends Catalog> {
    readonly t: Translate<C>;
    /** As `t`, with elements as parameters. */
    readonly rich: <K extends Keys<C>>(key: K, ...args: Arguments<C[K], ReactNode>) => ReactNode;
    readonly format: Format;
    readonly language: Language;
    readonly setLanguage: (language: Language) => void;
}

/** Texts, formats and the language itself; typed by the catalog of the application. */
export function useI18n<C extends Catalog>(): Localized<C> {
    const i18n = use(Context) as I18n<C> | null;
    if (i18n === null) {
        throw new Error("There is no I18nProvider around this component");
    }
    const language = useSyncExternalStore(i18n.subscribe, i18n.getSnapshot);
    return useMemo(() => {
        // New functions for each language, so that what depends on them is made anew.
        const t = ((...args: Parameters<typeof i18n.t>) => i18n.t(...args)) as Translate<C>;
        const rich: Localized<C>["rich"] = (key, ...args) => {
            const params: Readonly<Record<string, ReactNode>> = args[0] ?? {};
            const written = i18n.parts(key, params).map((part) => write(part, i18n.format));
            return createElement(Fragment, null, ...written);
        };
        return { t, rich, format: i18n.format, language, setLanguage: (next) => { i18n.setLanguage(next); } };
    }, [i18n, language]);
}

/** The function that gives texts. */
export function useT<C extends Catalog>(): Translate<C> {
    return useI18n<C>().t;
}

function write(part: ReactNode, format: Format): ReactNode {
    return typeof part === "number" ? format.number(part) : part;
}
