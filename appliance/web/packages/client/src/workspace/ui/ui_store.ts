/** What is open in front of the page: one thing at a time. */
import { Cell } from "@veche/protocol";
import type { FileDetails } from "@veche/protocol/engine";
import { createContext, use } from "react";

/** A file shown large. */
export interface Viewed {
    readonly kind: "image" | "video" | "pdf";
    readonly file: FileDetails;
    readonly sender: string;
    readonly ts: number;
}

export type Modal =
    | { readonly kind: "quick" }
    /** In one room, or in all. */
    | { readonly kind: "search"; readonly roomId: string | null; readonly text?: string }
    | { readonly kind: "newChat" }
    | { readonly kind: "newRoom"; readonly what: "group" | "space" }
    | { readonly kind: "browse" }
    | { readonly kind: "help" }
    | { readonly kind: "invite"; readonly roomId: string }
    | { readonly kind: "guests"; readonly roomId: string }
    | { readonly kind: "forward"; readonly roomId: string; readonly eventId: string }
    | { readonly kind: "delete"; readonly roomId: string; readonly eventId: string }
    | { readonly kind: "leave"; readonly roomId: string }
    | { readonly kind: "readBy"; readonly roomId: string; readonly eventId: string; readonly threadId: string | null }
    | { readonly kind: "reactions"; readonly roomId: string; readonly eventId: string; readonly threadId: string | null }
    | { readonly kind: "source"; readonly roomId: string; readonly eventId: string }
    | { readonly kind: "poll"; readonly roomId: string; readonly threadId: string | null }
    | { readonly kind: "viewer"; readonly viewed: Viewed }
    | { readonly kind: "signOut" }
    | { readonly kind: "recover" }
    | { readonly kind: "recoveryKey" };

export class UiStore extends Cell<Modal | null> {
    constructor() {
        super(null);
    }

    readonly open = (modal: Modal): void => {
        this.set(modal);
    };

    readonly close = (): void => {
        this.set(null);
    };
}

export const UiContext = createContext<UiStore | null>(null);

export function useUi(): UiStore {
    const ui = use(UiContext);
    if (!ui) throw new Error("There is no UiContext around this component");
    return ui;
}
