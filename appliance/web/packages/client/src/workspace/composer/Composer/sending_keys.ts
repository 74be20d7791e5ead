/** Enter and Escape in a field that messages are written in. */
import type { ComposerState, ComposerStore } from "@veche/protocol/engine";
import type { KeyboardEvent } from "react";

interface Sending {
    readonly state: ComposerState;
    readonly composer: ComposerStore;
    /** Whether Enter sends by itself, or only with Ctrl. */
    readonly enterSends: boolean;
    readonly send: () => void;
}

/** Says whether the key was one of them, and has done what it stands for. */
export function isSendingKey(event: KeyboardEvent, { state, composer, enterSends, send }: Sending): boolean {
    const mod = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && !event.altKey && (enterSends ? !event.shiftKey : mod)) {
        event.preventDefault();
        send();
        return true;
    }
    if (event.key !== "Escape" || (!state.editing && !state.reply)) return false;
    event.preventDefault();
    event.stopPropagation();
    if (state.editing) composer.cancelEdit();
    else composer.cancelReply();
    return true;
}
