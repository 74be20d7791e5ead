/**
 * QR codes (ISO/IEC 18004): a text as bytes in UTF-8, with the error correction of level M, which mends 15 % of a code.
 * What comes out is a square of modules, true where it is dark; the quiet zone around it is the drawer's.
 */
import { checkWords, generator } from "./gf256";

/** The largest version: 97 modules, 666 bytes. More is no code that a camera likes. */
const VERSION_MAX = 20;
/** Check words in each block and the number of blocks, by version, at level M (table 9 of the standard). */
const CHECK_WORDS = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];
/** The bits of level M in the format information. */
const LEVEL_BITS = 0b00;
const BYTE_MODE = 0b0100;
/** What fills the data up, in turns. */
const PADDING = [0xec, 0x11];

/** Dark modules, row by row. */
export type Modules = readonly (readonly boolean[])[];

/** The longest text, in bytes of UTF-8. */
export const QR_BYTES_MAX = 666;

/** Why there is no code. */
export class TooLong extends Error {}

/** The code of a text, or of bytes as they are; throws {@link TooLong} beyond {@link QR_BYTES_MAX}. */
export function encode(value: string | Iterable<number>): Modules {
    const bytes = [...(typeof value === "string" ? new TextEncoder().encode(value) : value)];
    const version = versionFor(bytes.length);
    const words = interleave(version, dataWords(version, bytes));
    const drawn = MASKS.map((mask, number) => {
        const canvas = new Canvas(version);
        canvas.writeWords(words, mask);
        canvas.writeFormat(number);
        return canvas.modules;
    });
    const penalties = drawn.map(penalty);
    const best = drawn[penalties.indexOf(Math.min(...penalties))];
    if (best === undefined) throw new Error("there are masks");
    return best;
}

function versionFor(bytes: number): number {
    for (let version = 1; version <= VERSION_MAX; version++) {
        if (bytes * 8 + 4 + countBits(version) <= capacityBits(version)) return version;
    }
    throw new TooLong(`a QR code holds no ${bytes} bytes`);
}

const countBits = (version: number): number => (version < 10 ? 8 : 16);
const checkWordsOf = (version: number): number => CHECK_WORDS[version - 1] ?? 0;
const blocksOf = (version: number): number => BLOCKS[version - 1] ?? 0;
const capacityBits = (version: number): number => (allWords(version) - checkWordsOf(version) * blocksOf(version)) * 8;

/** Data and check words that a version has room for: its modules without the patterns. */
function allWords(version: number): number {
    const size = version * 4 + 17;
    // Finders with their separators, timing, format information and the one module that is always dark.
    let modules = size * size - 3 * 64 - 2 * (size - 16) - 31;
    if (version >= 2) {
        const across = Math.floor(version / 7) + 2;
        // Those on the timing patterns share five modules with it.
        modules -= 25 * (across * across - 3) - 10 * (across - 2);
    }
    if (version >= 7) modules -= 36;
    return Math.floor(modules / 8);
}

function dataWords(version: number, bytes: readonly number[]): number[] {
    const bits: number[] = [];
    const push = (value: number, length: number): void => {
        for (let bit = length - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1);
    };
    push(BYTE_MODE, 4);
    push(bytes.length, countBits(version));
    for (const byte of bytes) push(byte, 8);
    push(0, Math.min(4, capacityBits(version) - bits.length));
    push(0, (8 - (bits.length % 8)) % 8);
    for (let turn = 0; bits.length < capacityBits(version); turn++) push(PADDING[turn % 2] ?? 0, 8);
    const words: number[] = [];
    for (let at = 0; at < bits.length; at += 8) words.push(parseInt(bits.slice(at, at + 8).join(""), 2));
    return words;
}

/** Cuts data into blocks, adds the check words of each, and takes a word of each block in turn. */
function interleave(version: number, data: readonly number[]): number[] {
    const [blocks, checks] = [blocksOf(version), checkWordsOf(version)];
    const divisor = generator(checks);
    // The first blocks are one word shorter where it does not come out even.
    const short = blocks - (data.length % blocks);
    const length = Math.floor(data.length / blocks);
    const parts: { readonly data: readonly number[]; readonly check: readonly number[] }[] = [];
    let at = 0;
    for (let number = 0; number < blocks; number++) {
        const end = at + length + (number < short ? 0 : 1);
        const part = data.slice(at, end);
        parts.push({ data: part, check: checkWords(part, divisor) });
        at = end;
    }
    const inTurns = (of: readonly (readonly number[])[]): number[] =>
        Array.from({ length: Math.max(...of.map((part) => part.length)) }, (_, column) =>
            of.flatMap((part) => part[column] ?? []),
        ).flat();
    return [...inTurns(parts.map((part) => part.data)), ...inTurns(parts.map((part) => part.check))];
}

type Mask = (x: number, y: number) => boolean;

/** Which modules are turned over, so that no large areas are alike (table 10). */
const MASKS: readonly Mask[] = [
    (x, y) => (x + y) % 2 === 0,
    (_, y) => y % 2 === 0,
    (x) => x % 3 === 0,
    (x, y) => (x + y) % 3 === 0,
    (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
    (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
    (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
    (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** A code that is being drawn. */
class Canvas {
    readonly size: number;
    readonly modules: boolean[][];
    /** Modules of patterns, where no data goes. */
    readonly #taken: boolean[][];

    constructor(version: number) {
        this.size = version * 4 + 17;
        const empty = (): boolean[][] => Array.from({ length: this.size }, () => Array<boolean>(this.size).fill(false));
        this.modules = empty();
        this.#taken = empty();
        this.#drawTiming();
        this.#drawFinders();
        this.#drawAlignment(version);
        this.writeFormat(0);
        if (version >= 7) this.#writeVersion(version);
    }

    /** Puts the words in, two columns at a time from the right, upward and downward in turns. */
    writeWords(words: readonly number[], mask: Mask): void {
        let bit = 0;
        for (let right = this.size - 1; right >= 1; right -= 2) {
            // The column of the timing pattern is left out.
            if (right === 6) right = 5;
            const upward = ((right + 1) & 2) === 0;
            for (let step = 0; step < this.size * 2; step++) {
                const [x, row] = [right - (step % 2), step >> 1];
                const y = upward ? this.size - 1 - row : row;
                if (this.#taken[y]?.[x] === true) continue;
                const word = words[bit >> 3] ?? 0;
                this.#put(x, y, ((word >>> (7 - (bit & 7))) & 1) === 1 !== mask(x, y), false);
                bit += 1;
            }
        }
    }

    /** Level and mask, protected by a BCH code, twice. */
    writeFormat(mask: number): void {
        const data = (LEVEL_BITS << 3) | mask;
        let rest = data;
        for (let step = 0; step < 10; step++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
        const bits = ((data << 10) | rest) ^ 0x5412;
        const bit = (at: number): boolean => ((bits >>> at) & 1) === 1;
        for (let at = 0; at < 15; at++) {
            // Around the finder at the top left, over the timing patterns.
            const along = at < 6 ? at : at < 8 ? at + 1 : 14 - at + (at === 8 ? 1 : 0);
            this.#put(at < 8 ? 8 : along, at < 8 ? along : 8, bit(at), true);
            // Below the one at the top right, and beside the one at the bottom left.
            this.#put(at < 8 ? this.size - 1 - at : 8, at < 8 ? 8 : this.size - 15 + at, bit(at), true);
        }
        this.#put(8, this.size - 8, true, true);
    }

    #writeVersion(version: number): void {
        let rest = version;
        for (let step = 0; step < 12; step++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
        const bits = (version << 12) | rest;
        for (let at = 0; at < 18; at++) {
            const [far, near] = [this.size - 11 + (at % 3), Math.floor(at / 3)];
            const dark = ((bits >>> at) & 1) === 1;
            this.#put(far, near, dark, true);
            this.#put(near, far, dark, true);
        }
    }

    #drawTiming(): void {
        for (let at = 0; at < this.size; at++) {
            this.#put(6, at, at % 2 === 0, true);
            this.#put(at, 6, at % 2 === 0, true);
        }
    }

    #drawFinders(): void {
        for (const [left, top] of [[3, 3], [this.size - 4, 3], [3, this.size - 4]] as const) {
            for (let dy = -4; dy <= 4; dy++) {
                for (let dx = -4; dx <= 4; dx++) {
                    const ring = Math.max(Math.abs(dx), Math.abs(dy));
                    this.#put(left + dx, top + dy, ring !== 2 && ring !== 4, true);
                }
            }
        }
    }

    #drawAlignment(version: number): void {
        const positions = alignmentPositions(version, this.size);
        const last = positions.length - 1;
        positions.forEach((x, column) => {
            positions.forEach((y, row) => {
                const atFinder = (column === 0 && row === 0) || (column === 0 && row === last) || (column === last && row === 0);
                if (atFinder) return;
                for (let dy = -2; dy <= 2; dy++) {
                    for (let dx = -2; dx <= 2; dx++) {
                        this.#put(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1, true);
                    }
                }
            });
        });
    }

    #put(x: number, y: number, dark: boolean, taken: boolean): void {
        const [row, marks] = [this.modules[y], this.#taken[y]];
        if (row === undefined || marks === undefined || x < 0 || x >= this.size) return;
        row[x] = dark;
        if (taken) marks[x] = true;
    }
}

/** Middles of the alignment patterns, in both directions (annex E). */
function alignmentPositions(version: number, size: number): number[] {
    if (version === 1) return [];
    const count = Math.floor(version / 7) + 2;
    const step = Math.ceil((size - 13) / (count * 2 - 2)) * 2;
    const positions = Array.from({ length: count - 1 }, (_, at) => size - 7 - at * step);
    return [6, ...positions.reverse()];
}

/** How hard a code is to read: the lower, the better (8.8.2 of the standard). */
function penalty(modules: Modules): number {
    const columns = modules.map((_, x) => modules.map((row) => row[x] === true));
    const lines = [...modules, ...columns];
    let sum = 0;
    for (const line of lines) sum += runs(line) + 40 * finderLikes(line);
    modules.forEach((row, y) => {
        row.forEach((dark, x) => {
            const below = modules[y + 1];
            if (below === undefined || x + 1 >= row.length) return;
            if (row[x + 1] === dark && below[x] === dark && below[x + 1] === dark) sum += 3;
        });
    });
    const share = modules.flat().filter(Boolean).length / modules.length ** 2;
    return sum + 10 * Math.floor(Math.abs(share - 0.5) * 20);
}

/** Points for five and more alike in a line. */
function runs(line: readonly boolean[]): number {
    let [points, length] = [0, 0];
    line.forEach((dark, at) => {
        length = at > 0 && line[at - 1] === dark ? length + 1 : 1;
        if (length === 5) points += 3;
        else if (length > 5) points += 1;
    });
    return points;
}

/** What in a line looks like a finder with light beside it. */
function finderLikes(line: readonly boolean[]): number {
    const text = line.map((dark) => (dark ? "1" : "0")).join("");
    return [...text.matchAll(/(?=10111010000|00001011101)/g)].length;
}
