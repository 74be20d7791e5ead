/** What a device is called in the list of sessions: the browser and the system, as far as they tell. */

const BROWSERS: readonly (readonly [RegExp, string])[] = [
    [/Edg(e|A|iOS)?\//, "Edge"],
    [/OPR\//, "Opera"],
    [/YaBrowser\//, "Yandex Browser"],
    [/Firefox\/|FxiOS\//, "Firefox"],
    [/Chrom(e|ium)\/|CriOS\//, "Chrome"],
    [/Safari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
    [/Android/, "Android"],
    [/iPhone|iPad|iPod/, "iOS"],
    [/Windows/, "Windows"],
    [/Mac OS X|Macintosh/, "macOS"],
    [/CrOS/, "ChromeOS"],
    [/Linux|X11/, "Linux"],
];

const find = (list: readonly (readonly [RegExp, string])[], agent: string): string | null =>
    list.find(([pattern]) => pattern.test(agent))?.[1] ?? null;

export function agentOf(agent: string): { readonly browser: string | null; readonly system: string | null } {
    return { browser: find(BROWSERS, agent), system: find(SYSTEMS, agent) };
}
