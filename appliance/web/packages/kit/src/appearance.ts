/**
 * How the pages look on this machine: theme and density. A store that views subscribe to; it writes the choice where the
 * style sheets see it, and keeps it in the browser.
 */

/** The chosen theme; `system` follows the machine. */
export type Theme = "light" | "dark" | "system";

/** How close together things stand. */
export type Density = "comfortable" | "compact";

/** The choice. */
export interface AppearanceState {
    readonly theme: Theme;
    readonly density: Density;
}

/** What is asked of the browser; tests bring their own. */
export interface Surroundings {
    readonly root: Pick<HTMLElement, "setAttribute" | "removeAttribute">;
    readonly storage: Pick<Storage, "getItem" | "setItem"> | null;
}

const STORED_AS = "veche.appearance";
const DEFAULT: AppearanceState = { theme: "system", density: "comfortable" };

/** Theme and density, chosen and shown. */
export class Appearance {
    private readonly surroundings: Surroundings;
    private readonly listeners = new Set<() => void>();
    private state: AppearanceState;

    constructor(surroundings: Surroundings = browser()) {
        this.surroundings = surroundings;
        this.state = read(surroundings.storage);
    }

    /** Shows the kept choice. Called in the entry, before anything is drawn, so that no page flashes. */
    start(): void {
        const { root } = this.surroundings;
        if (this.state.theme === "system") {
            root.removeAttribute("data-theme");
        } else {
            root.setAttribute("data-theme", this.state.theme);
        }
        root.setAttribute("data-density", this.state.density);
    }

    setTheme(theme: Theme): void {
        this.change({ ...this.state, theme });
    }

    setDensity(density: Density): void {
        this.change({ ...this.state, density });
    }

    readonly subscribe = (listener: () => void): (() => void) => {
        this.listeners.add(listener);
        return () => {
            this.listeners.delete(listener);
        };
    };

    readonly getSnapshot = (): AppearanceState => this.state;

    private change(state: AppearanceState): void {
        this.state = state;
        try {
            this.surroundings.storage?.setItem(STORED_AS, JSON.stringify(state));
        } catch {
            // The browser keeps nothing for this page; the choice holds until it is closed.
        }
        this.start();
        for (const listener of this.listeners) {
            listener();
        }
    }
}

function browser(): Surroundings {
    try {
        return { root: document.documentElement, storage: localStorage };
    } catch {
        // A browser that forbids storage throws at its very name.
        return { root: document.documentElement, storage: null };
    }
}

/** What was kept, as far as it makes sense. */
function read(storage: Surroundings["storage"]): AppearanceState {
    try {
        const kept = JSON.parse(storage?.getItem(STORED_AS) ?? "{}") as Partial<Record<string, unknown>>;
        const { theme, density } = kept;
        return {
            theme: theme === "light" || theme === "dark" ? theme : DEFAULT.theme,
            density: density === "compact" ? density : DEFAULT.density,
        };
    } catch {
        return DEFAULT;
    }
}
