/** What of a call is on the page beside what the call itself says: a lobby that is open, the chat beside the call. */
import { useMediaQuery } from "@veche/kit";
import { Store } from "@veche/protocol";
import type { CallIntent } from "@veche/protocol/engine";
import { createContext, use } from "react";
import { useEngine, useRoute, useStore } from "../../app/context";

interface CallPlace {
    /** Somebody is about to join here. */
    readonly lobby: { readonly roomId: string; readonly intent: CallIntent } | null;
    /** The room's messages beside the call; `auto`: where there is room for them. */
    readonly chat: "auto" | "shown" | "hidden";
}

export class CallUi extends Store<CallPlace> {
    constructor() {
        super({ lobby: null, chat: "auto" });
    }

    openLobby(roomId: string, intent: CallIntent): void {
        this.publish({ ...this.getSnapshot(), lobby: { roomId, intent } });
    }

    closeLobby(): void {
        this.publish({ ...this.getSnapshot(), lobby: null });
    }

    showChat(chat: CallPlace["chat"]): void {
        this.publish({ ...this.getSnapshot(), chat });
    }
}

export const CallUiContext = createContext<CallUi | null>(null);

export function useCallUi(): CallUi {
    const ui = use(CallUiContext);
    if (!ui) throw new Error("There is no CallUiContext around this component");
    return ui;
}

/** Whether a call takes the place of honor in this room: its lobby, or the call itself. */
export function useHasPane(roomId: string): boolean {
    const { lobby } = useStore(useCallUi());
    const call = useStore(useEngine().calls.current);
    return lobby?.roomId === roomId || call?.roomId === roomId;
}

/** Whether the messages beside the call are shown; by themselves they are where there is room for both. */
export function useChatShown(): boolean {
    const { chat } = useStore(useCallUi());
    const roomy = useMediaQuery("(min-width: 96rem)");
    return chat === "shown" || (chat === "auto" && roomy);
}

/** Whether the call one is in goes on while one looks at something else. */
export function useIsAway(): boolean {
    const call = useStore(useEngine().calls.current);
    const route = useRoute();
    return call !== null && !(route.page === "room" && route.roomId === call.roomId);
}
