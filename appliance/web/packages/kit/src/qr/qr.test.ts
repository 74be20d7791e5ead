import { createHash } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import { readableUri } from "./authenticator";
import { checkWords, generator, multiply } from "./gf256";
import { type Modules, QR_BYTES_MAX, TooLong, encode } from "./qr";

const art = (modules: Modules): string[] => modules.map((row) => row.map((dark) => (dark ? "#" : ".")).join(""));
const digest = (modules: Modules): string => createHash("sha256").update(art(modules).join("\n")).digest("hex").slice(0, 16);

/** Version, text, and what is to come of it. */
const KNOWN: [version: number, text: string, digest: string][] = [
    [1, "veche", "1ab1d5d93e993482"],
    [3, "https://chat.example/#/invite/abc", "ba95cb2e05deba2a"],
    [4, "https://chat.example.org/#/invite/kWq7dTf2Lx9sRm3Z", "54d7f9c95bc59320"],
    [8, "https://вече.рф/#/invite/".padEnd(120, "7"), "1df2db4bfbc86d1f"],
    [10, "x".repeat(200), "52694c754b2960b4"],
    [13, "y".repeat(300), "4c91bfee44203b54"],
    [20, "z".repeat(666), "442c8610a780807b"],
];

describe("the field of 256 elements", () => {
    test("multiplies", () => {
        // 2^8 is the modulus without its highest bit; everything but 0 has an inverse.
        expect(multiply(0x80, 2)).toBe(0x1d);
        for (let x = 1; x < 256; x++) {
            const inverses = Array.from({ length: 255 }, (_, at) => at + 1).filter((y) => multiply(x, y) === 1);
            expect(inverses).toHaveLength(1);
        }
    });

    test("gives the check words of the example in the standard (annex I, version 1-M)", () => {
        const data = [0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11];
        expect(checkWords(data, generator(10))).toEqual([0xa5, 0x24, 0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55]);
    });
});

describe("a code", () => {
    const FINDER = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"];

    test("is as small as its text allows", () => {
        const sizes = [0, 14, 15, 26, 62, 122, 213, 331, 412, 666].map((bytes) => (encode("a".repeat(bytes)).length - 17) / 4);
        expect(sizes).toEqual([1, 1, 2, 2, 4, 7, 10, 13, 15, 20]);
        expect(() => encode("a".repeat(QR_BYTES_MAX + 1))).toThrow(TooLong);
        expect(() => encode("я".repeat(334))).toThrow(TooLong);
    });

    it.each([10, 100, 400])("of %i bytes has the patterns that cameras look for", (bytes) => {
        const rows = art(encode("x".repeat(bytes)));
        const last = rows.length;
        const corner = (x: number, y: number): string[] => rows.slice(y, y + 7).map((row) => row.slice(x, x + 7));
        for (const [x, y] of [[0, 0], [last - 7, 0], [0, last - 7]] as const) expect(corner(x, y)).toEqual(FINDER);
        expect(rows[6]?.slice(8, 15)).toBe("#.#.#.#");
    });

    // Read back by a decoder of others when they were written down: one of each form that differs.
    it.each(KNOWN)("of version %i is the one that was read back", (_, text, expected) => {
        expect(digest(encode(text))).toBe(expected);
    });
});

test("the secret of a second factor fits into a picture, however long the company's name is", () => {
    const account = "@olga:chat.example.org";
    const uri = (name: string) => {
        const company = encodeURIComponent(name);
        return `otpauth://totp/${company}:${encodeURIComponent(account)}?secret=ABC234&issuer=${company}`;
    };
    const long = uri("Общество с ограниченной ответственностью «Рога и копыта»");
    expect(readableUri(long, account)).toBe("otpauth://totp/%40olga%3Achat.example.org?secret=ABC234");
    expect(readableUri(uri("Acme"), account)).toBe(uri("Acme"));
});
