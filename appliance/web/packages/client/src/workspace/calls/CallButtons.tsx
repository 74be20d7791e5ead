/** The ways into a call, in the header of a room. */
import { IconButton } from "@veche/kit";
import type { RoomDetails } from "@veche/protocol/engine";
import { useEngine, useStore, useT } from "../../app/context";
import { useCallUi, useHasPane } from "./call_ui";

/** Nothing where the server has no calls, and nothing while one is in the call or about to be. */
export function CallButtons({ room }: { readonly room: RoomDetails }) {
    const t = useT();
    const { calls } = useEngine();
    const ui = useCallUi();
    const available = useStore(calls.available);
    const going = useStore(calls.going).get(room.id);
    const hasPane = useHasPane(room.id);
    if (available !== true || hasPane || !room.can.call) return null;
    const open = (intent: "audio" | "video") => () => {
        ui.openLobby(room.id, intent);
        void calls.prepare();
    };
    // Where a call goes on already, the bar below invites to it.
    if (going) return null;
    return (
        <>
            <IconButton icon="call" label={t("call.startAudio")} onClick={open("audio")} />
            <IconButton icon="video" label={t("call.startVideo")} onClick={open("video")} />
        </>
    );
}
