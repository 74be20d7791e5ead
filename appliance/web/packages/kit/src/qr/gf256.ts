/** Reed-Solomon codes over the field of 256 elements, as QR codes use them (ISO/IEC 18004, annex A). */

/** x^8 + x^4 + x^3 + x^2 + 1. */
const MODULUS = 0x11d;

/** The product of two elements of the field. */
export function multiply(x: number, y: number): number {
    let product = 0;
    for (let bit = 7; bit >= 0; bit--) {
        product = (product << 1) ^ ((product >>> 7) * MODULUS);
        product ^= ((y >>> bit) & 1) * x;
    }
    return product;
}

/** The polynomial whose remainder the check words are: its coefficients, the highest, which is 1, left out. */
export function generator(degree: number): readonly number[] {
    const result = Array<number>(degree).fill(0);
    result[degree - 1] = 1;
    let root = 1;
    for (let step = 0; step < degree; step++) {
        for (let at = 0; at < degree; at++) {
            result[at] = multiply(result[at] ?? 0, root) ^ (result[at + 1] ?? 0);
        }
        root = multiply(root, 2);
    }
    return result;
}

/** The check words of a block. */
export function checkWords(data: readonly number[], divisor: readonly number[]): number[] {
    const rest = Array<number>(divisor.length).fill(0);
    for (const word of data) {
        const factor = word ^ (rest.shift() ?? 0);
        rest.push(0);
        divisor.forEach((coefficient, at) => {
            rest[at] = (rest[at] ?? 0) ^ multiply(coefficient, factor);
        });
    }
    return rest;
}
