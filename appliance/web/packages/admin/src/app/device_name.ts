/** What the browser calls itself, as far as people know it. */

const BROWSERS: readonly (readonly [RegExp, string])[] = [
    [/Edg(e|A|iOS)?\//, "Edge"],
    [/OPR\//, "Opera"],
    [/YaBrowser\//, "Yandex Browser"],
    [/Firefox\/|FxiOS\//, "Firefox"],
    [/Chrom(e|ium)\/|CriOS\//, "Chrome"],
    [/Safari\//, "Safari"],
];

export const browserOf = (agent: string): string | null => BROWSERS.find(([pattern]) => pattern.test(agent))?.[1] ?? null;
