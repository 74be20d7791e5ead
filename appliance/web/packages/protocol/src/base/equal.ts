//! Keeping old objects where nothing changed, so that what draws them need not draw again.

/** Whether two plain values (objects, arrays, primitives) hold the same. */
export function equal(a: unknown, b: unknown): boolean {
    if (Object.is(a, b)) return true;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    if (Array.isArray(a) && Array.isArray(b)) {
        return a.length === b.length && a.every((value, index) => equal(value, b[index]));
    }
    const left = a as Record<string, unknown>;
    const right = b as Record<string, unknown>;
    const keys = Object.keys(left);
    return (
        keys.length === Object.keys(right).length &&
        keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]))
    );
}

/** `before` if it holds the same as `now`, else `now`. */
export function keep<T>(before: T | undefined, now: T): T {
    return before !== undefined && equal(before, now) ? before : now;
}

/** `now` with each element replaced by its equal of `before` with the same key; `before` itself if nothing differs. */
export function keepAll<T>(before: readonly T[], now: readonly T[], key: (item: T) => string): readonly T[] {
    const known = new Map(before.map((item) => [key(item), item]));
    const kept = now.map((item) => keep(known.get(key(item)), item));
    const same = kept.length === before.length && kept.every((item, index) => item === before[index]);
    return same ? before : kept;
}
