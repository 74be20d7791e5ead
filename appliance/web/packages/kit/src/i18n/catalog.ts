/**
 * Catalogs: what an application says, in each of its languages.
 *
 * A catalog is a flat object. A text names its parameters in braces; a plural is an object with a form for each category
 * that `Intl.PluralRules` knows for the language, and is chosen by the parameter `count`. The English catalog is written
 * `as const`, so that the compiler knows the parameters of each text.
 */

/** One text in the forms that its language has for numbers. */
export interface Plural {
    readonly zero?: string;
    readonly one?: string;
    readonly two?: string;
    readonly few?: string;
    readonly many?: string;
    readonly other: string;
}

/** What stands under one key. */
export type Message = string | Plural;

/** The texts of one language. */
export type Catalog = Readonly<Record<string, Message>>;

/** The same texts in another language: each key, a plural where there is one. */
export type Translation<C extends Catalog> = { readonly [K in keyof C]: C[K] extends string ? string : Plural };

/** The keys of a catalog. */
export type Keys<C extends Catalog> = keyof C & string;

type Named<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Named<Rest> : never;

type NamesOf<M extends Message> = M extends string ? Named<M> : "count" | Named<Extract<M[keyof M], string>>;

/** The parameters of a text; `Value` is what may stand for one. A plural's `count` is a number in any case. */
export type Params<M extends Message, Value> = {
    readonly [Name in NamesOf<M>]: M extends string ? Value : Name extends "count" ? number : Value;
};

/** The arguments after the key: none where the text has no parameters. */
export type Arguments<M extends Message, Value> = [NamesOf<M>] extends [never] ? [] : [params: Params<M, Value>];

/** A text taken apart: words and the names of parameters take turns, words first. */
export type Parts = readonly string[];

/** Splits `"a {b} c"` into `["a ", "b", " c"]`. */
export function split(text: string): Parts {
    return text.split(/\{(\w+)\}/);
}

/** The names of the parameters in a text, each once, in order of the alphabet. */
export function names(text: string): readonly string[] {
    return [...new Set(split(text).filter((_, index) => index % 2 === 1))].sort();
}
