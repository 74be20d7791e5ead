//! What every store of this package is: a value that changes, and those who want to know.

/** A value with listeners, in the shape React's `useSyncExternalStore` takes. Snapshots are never changed in place. */
export abstract class Store<T> {
    #snapshot: T;
    readonly #listeners = new Set<() => void>();

    constructor(initial: T) {
        this.#snapshot = initial;
    }

    /** Calls `listener` after each change, until the returned function is called. */
    readonly subscribe = (listener: () => void): (() => void) => {
        this.#listeners.add(listener);
        if (this.#listeners.size === 1) this.watched();
        return () => {
            if (!this.#listeners.delete(listener)) return;
            if (this.#listeners.size === 0) this.unwatched();
        };
    };

    /** The value as it is now; the same object until it changes. */
    readonly getSnapshot = (): T => this.#snapshot;

    /** Makes `next` the value and tells everybody, unless it is the value already. */
    protected publish(next: T): void {
        if (Object.is(next, this.#snapshot)) return;
        this.#snapshot = next;
        for (const listener of [...this.#listeners]) listener();
    }

    /** Somebody listens for the first time. */
    protected watched(): void {
        // Most stores do not care.
    }

    /** Nobody listens any more. */
    protected unwatched(): void {
        // Most stores do not care.
    }
}

/** A store that anybody who holds it may set. */
export class Cell<T> extends Store<T> {
    set(next: T): void {
        this.publish(next);
    }
}
