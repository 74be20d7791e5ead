/** Parts of the code that come when they are needed, and when that is known beforehand: before they are asked for. */
import { Cell, type SessionStore } from "@veche/protocol";
import type { Engine } from "@veche/protocol/engine";
import { type ReactNode, createElement } from "react";
import type { WorkspaceProps } from "../workspace/Workspace/Workspace";

/** Says that somebody is signed in here, before the databases can be asked. */
const SIGNED_IN = "veche.signedIn";

/** A browser that draws nothing (a tab in the background) is waited for no longer than this. */
const PAINT_MS_MAX = 2_000;

/** Draws the list of rooms and what is beside it, once the code of that is here: at once, where a lazy component would wait for its turn. */
export const workspace = new Cell<((props: WorkspaceProps) => ReactNode) | null>(null);

const drawn = Promise.withResolvers<null>();

/** The list of rooms has been drawn. */
export function listDrawn(): void {
    drawn.resolve(null);
}

export async function loadWorkspace(): Promise<void> {
    const { default: loaded } = await import("../workspace/Workspace/Workspace");
    workspace.set((props) => createElement(loaded, { key: props.userId, ...props }));
}

export const loadRunning = () => import("../workspace/Workspace/Running");
export const loadEngine = () => import("@veche/protocol/engine");

/** Brings the list of rooms for whoever is signed in, while everything else is being looked up. */
export function loadAhead(session: SessionStore<Engine>): void {
    if (localStorage.getItem(SIGNED_IN) !== null) loadWorkspace().catch(() => undefined);
    session.subscribe(() => {
        const { phase } = session.getSnapshot();
        if (phase === "ready") localStorage.setItem(SIGNED_IN, "1");
        if (phase === "signedOut") localStorage.removeItem(SIGNED_IN);
    });
}

/** Brings what comes after signing in while somebody is still writing their password. */
export function loadForSigningIn(): void {
    for (const load of [loadEngine, loadWorkspace, loadRunning]) load().catch(() => undefined);
}

/** Resolves once the list of rooms can be seen: what takes long begins after it. */
export async function listPainted(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, PAINT_MS_MAX));
    await Promise.race([drawn.promise.then(painted), late]);
}

function painted(): Promise<void> {
    if (document.visibilityState === "hidden") return Promise.resolve();
    return new Promise((resolve) => {
        requestAnimationFrame(() => {
            // Frames begin before they are painted; this turn comes after it.
            setTimeout(resolve, 0);
        });
    });
}
