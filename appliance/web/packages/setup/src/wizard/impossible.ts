/** Why no certificate can come from where it was wanted: the server has one code for it, and says the rest in English. */

/** `other`: its words have to do. */
export type Impossible = "thisMachineOnly" | "noHttps" | "noPort80" | "badAddress" | "outOfReach" | "other";

const SAID: readonly (readonly [RegExp, Impossible])[] = [
    [/no authority vouches for/i, "thisMachineOnly"],
    [/certificate is for listen\.https/i, "noHttps"],
    [/listen\.redirect is off/i, "noPort80"],
    [/the URL cannot be used/i, "badAddress"],
    [/outside what this server may reach/i, "outOfReach"],
];

/** Pure. */
export function impossible(words: string): Impossible {
    return SAID.find(([said]) => said.test(words))?.[1] ?? "other";
}
