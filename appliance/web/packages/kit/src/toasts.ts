/** Short messages that come and go by themselves. A store that the view subscribes to; it knows no React. */
import type { Tone } from "./types";

/** What is to be told. */
export interface ToastRequest {
    readonly text: string;
    readonly title?: string | undefined;
    readonly tone?: Tone | undefined;
    readonly action?: { readonly label: string; readonly onAction: () => void } | undefined;
    /** How long it stays; `null`: until it is dismissed. */
    readonly seconds?: number | null | undefined;
}

/** What is being told. */
export interface Toast extends ToastRequest {
    readonly id: number;
}

/** Long enough to read two lines. */
const SECONDS = 6;
/** One with a button stays longer: somebody has to get there. */
const SECONDS_WITH_ACTION = 10;
/** More would hide the page; the oldest goes. */
const TOASTS_MAX = 4;

/** A timer as browsers have it; tests bring their own. */
export interface Timer {
    start(callback: () => void, ms: number): unknown;
    stop(timer: unknown): void;
}

const BROWSER_TIMER: Timer = {
    start: (callback, ms) => setTimeout(callback, ms),
    stop: (timer) => {
        clearTimeout(timer as ReturnType<typeof setTimeout>);
    },
};

/** The messages that are shown now, oldest first. */
export class Toasts {
    private readonly timer: Timer;
    private readonly listeners = new Set<() => void>();
    private readonly running = new Map<number, unknown>();
    private toasts: readonly Toast[] = [];
    private lastId = 0;

    constructor(timer: Timer = BROWSER_TIMER) {
        this.timer = timer;
    }

    /** Tells something. One with the same words that is still there starts anew instead of standing twice. */
    readonly show = (request: ToastRequest): number => {
        const same = this.toasts.find((toast) => toast.text === request.text && toast.title === request.title);
        this.lastId += 1;
        const toast = { ...request, id: same?.id ?? this.lastId };
        this.stopTimer(toast.id);
        const others = this.toasts.filter(({ id }) => id !== toast.id);
        for (const gone of others.slice(0, Math.max(0, others.length - TOASTS_MAX + 1))) {
            this.stopTimer(gone.id);
        }
        this.toasts = [...others.slice(-(TOASTS_MAX - 1)), toast];
        this.startTimer(toast);
        this.tell();
        return toast.id;
    };

    readonly dismiss = (id: number): void => {
        this.stopTimer(id);
        this.toasts = this.toasts.filter((toast) => toast.id !== id);
        this.tell();
    };

    /** While somebody points at them or has focus in them, none goes. */
    readonly hold = (): void => {
        for (const id of this.running.keys()) {
            this.stopTimer(id);
        }
    };

    /** They go again, each after its full time. */
    readonly release = (): void => {
        for (const toast of this.toasts) {
            this.stopTimer(toast.id);
            this.startTimer(toast);
        }
    };

    readonly subscribe = (listener: () => void): (() => void) => {
        this.listeners.add(listener);
        return () => {
            this.listeners.delete(listener);
        };
    };

    readonly getSnapshot = (): readonly Toast[] => this.toasts;

    private startTimer(toast: Toast): void {
        const seconds = toast.seconds === undefined ? (toast.action ? SECONDS_WITH_ACTION : SECONDS) : toast.seconds;
        if (seconds !== null) {
            const callback = (): void => {
                this.dismiss(toast.id);
            };
            this.running.set(toast.id, this.timer.start(callback, seconds * 1_000));
        }
    }

    private stopTimer(id: number): void {
        const timer = this.running.get(id);
        if (timer !== undefined) {
            this.running.delete(id);
            this.timer.stop(timer);
        }
    }

    private tell(): void {
        for (const listener of this.listeners) {
            listener();
        }
    }
}
