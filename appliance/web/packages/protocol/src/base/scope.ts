//! Lifetimes: what is begun in a scope ends with it, so that no listener and no timer outlives its owner.

/** Collects what has to be undone. */
export class Scope {
    #undo: (() => void)[] = [];
    #closed = false;

    get closed(): boolean {
        return this.#closed;
    }

    /** Undoes this when the scope closes; at once if it is closed already. */
    add(undo: () => void): void {
        if (this.#closed) undo();
        else this.#undo.push(undo);
    }

    /** Runs `work` after `delayMs` unless the scope closes before. */
    later(delayMs: number, work: () => void): () => void {
        const timer = setTimeout(work, delayMs);
        const cancel = () => {
            clearTimeout(timer);
        };
        this.add(cancel);
        return cancel;
    }

    /** Runs `work` every `periodMs`. */
    every(periodMs: number, work: () => void): void {
        const timer = setInterval(work, periodMs);
        this.add(() => clearInterval(timer));
    }

    /** Undoes everything, the last thing first. Closing twice does nothing. */
    close(): void {
        if (this.#closed) return;
        this.#closed = true;
        for (const undo of this.#undo.reverse()) undo();
        this.#undo = [];
    }
}
