/** How tall rows are: measured where they were drawn, guessed elsewhere. Plain arithmetic, no page. */

/** Rows by key, in order, with the place of each. */
export class Heights {
    readonly #measured = new Map<string, number>();
    #keys: readonly string[] = [];
    #guesses: readonly number[] = [];
    /** `#offsets[i]` is where row `i` begins; one more than there are rows. Good up to `#good`. */
    #offsets: number[] = [0];
    #good = 0;

    /** The rows as they are now, with a guess for each. */
    set(keys: readonly string[], guesses: readonly number[]): void {
        let same = 0;
        while (same < keys.length && keys[same] === this.#keys[same]) same += 1;
        this.#keys = keys;
        this.#guesses = guesses;
        this.#good = Math.min(this.#good, same);
        this.#offsets.length = this.#good + 1;
    }

    get count(): number {
        return this.#keys.length;
    }

    /** Notes a measured height; says whether it differs from what was thought. */
    measure(key: string, height: number): boolean {
        const index = this.#keys.indexOf(key);
        const before = index < 0 ? null : this.height(index);
        this.#measured.set(key, height);
        if (before === null || Math.abs(before - height) < 0.5) return false;
        this.#good = Math.min(this.#good, index);
        this.#offsets.length = this.#good + 1;
        return true;
    }

    height(index: number): number {
        return this.#measured.get(this.#keys[index] ?? "") ?? this.#guesses[index] ?? 0;
    }

    /** Where row `index` begins. */
    offset(index: number): number {
        const wanted = Math.max(0, Math.min(index, this.#keys.length));
        for (let at = this.#good; at < wanted; at += 1) this.#offsets[at + 1] = (this.#offsets[at] ?? 0) + this.height(at);
        this.#good = Math.max(this.#good, wanted);
        return this.#offsets[wanted] ?? 0;
    }

    get total(): number {
        return this.offset(this.#keys.length);
    }

    /** The row at this place; the last one below all. */
    indexAt(place: number): number {
        let low = 0;
        let high = Math.max(0, this.#keys.length - 1);
        this.offset(this.#keys.length);
        while (low < high) {
            const middle = Math.ceil((low + high) / 2);
            if ((this.#offsets[middle] ?? 0) <= place) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    /** The rows between two places, the end not included. */
    between(top: number, bottom: number): { readonly start: number; readonly end: number } {
        if (this.#keys.length === 0) return { start: 0, end: 0 };
        return { start: this.indexAt(top), end: this.indexAt(bottom) + 1 };
    }

    indexOf(key: string): number {
        return this.#keys.indexOf(key);
    }

    key(index: number): string | null {
        return this.#keys[index] ?? null;
    }
}
