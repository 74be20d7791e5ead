/** Keys that work everywhere in the workspace. */
import { useHotkeys } from "@veche/kit";
import { useRoomList, useRoute, useRouter } from "../../app/context";
import { useUi } from "../ui/ui_store";

export function Shortcuts() {
    const ui = useUi();
    const router = useRouter();
    const route = useRoute();
    const { sections } = useRoomList();
    const step = (by: 1 | -1, unreadOnly: boolean) => () => {
        const all = sections.flatMap((section) => section.rooms);
        const current = route.page === "room" ? all.findIndex((room) => room.id === route.roomId) : -1;
        const listed = unreadOnly ? all.filter((room, at) => at === current || room.unread > 0 || room.marked) : all;
        const at = route.page === "room" ? listed.findIndex((room) => room.id === route.roomId) : -1;
        const next = at < 0 ? listed[by > 0 ? 0 : listed.length - 1] : listed[at + by];
        if (next) router.room(next.id);
    };
    const help = () => {
        ui.open({ kind: "help" });
    };
    useHotkeys(
        {
            "Mod+K": () => {
                ui.open({ kind: "quick" });
            },
            // In a room the browser's own search would find only what happens to be drawn.
            ...(route.page === "room"
                ? {
                      "Mod+F": () => {
                          ui.open({ kind: "search", roomId: route.roomId });
                      },
                  }
                : {}),
            "Mod+Shift+F": () => {
                ui.open({ kind: "search", roomId: null });
            },
            "Mod+Shift+K": () => {
                ui.open({ kind: "newChat" });
            },
            "Mod+/": help,
            "Mod+,": () => {
                router.go({ page: "settings", tab: "profile" });
            },
            "Alt+ArrowUp": step(-1, false),
            "Alt+ArrowDown": step(1, false),
            "Alt+Shift+ArrowUp": step(-1, true),
            "Alt+Shift+ArrowDown": step(1, true),
        },
        { inFields: true },
    );
    useHotkeys({ "?": help });
    return null;
}
