/** What one does with a room without opening it. */
import { ContextMenu, MenuGroup, MenuItem, MenuSeparator, useToasts } from "@veche/kit";
import type { NotificationMode, RoomEntry } from "@veche/protocol/engine";
import { useEngine, useRunning, useT } from "../../app/context";
import { thrownText } from "../../app/problems";
import { useUi } from "../ui/ui_store";

export const MODES: readonly NotificationMode[] = ["default", "all", "mentions", "mute"];

interface Props {
    readonly room: RoomEntry;
    readonly position: { x: number; y: number } | null;
    readonly onClose: () => void;
}

export function RoomMenu(props: Props) {
    // A list of rooms has as many menus as rooms: only the open one is made.
    const running = useRunning() !== null;
    return props.position !== null && running ? <OpenMenu {...props} /> : null;
}

function OpenMenu({ room, position, onClose }: Props) {
    const t = useT();
    const ui = useUi();
    const toasts = useToasts();
    const { actions } = useEngine();
    const attempt = (work: () => Promise<void>) => () => {
        work().catch((thrown: unknown) => {
            toasts.show({ tone: "danger", text: thrownText(t, thrown) });
        });
    };
    const unread = room.unread > 0 || room.marked;
    return (
        <ContextMenu label={room.name} position={position} onClose={onClose}>
            <MenuItem icon={unread ? "check" : "unread"} onSelect={attempt(() => (unread ? actions.markRead(room.id) : actions.markUnread(room.id, true)))}>
                {unread ? t("menu.markRead") : t("menu.markUnread")}
            </MenuItem>
            <MenuItem icon="star" checked={room.favourite} onSelect={attempt(() => actions.setTag(room.id, "m.favourite", !room.favourite))}>
                {t("menu.favourite")}
            </MenuItem>
            <MenuItem icon="arrow-down" checked={room.lowPriority} onSelect={attempt(() => actions.setTag(room.id, "m.lowpriority", !room.lowPriority))}>
                {t("menu.lowPriority")}
            </MenuItem>
            <MenuSeparator />
            <MenuGroup label={t("menu.notifications")}>
                {MODES.map((mode) => (
                    <MenuItem key={mode} checked={room.mode === mode} onSelect={attempt(() => actions.setMode(room.id, mode))}>
                        {t(`mode.${mode}`)}
                    </MenuItem>
                ))}
            </MenuGroup>
            <MenuSeparator />
            <MenuItem icon="link" onSelect={attempt(() => navigator.clipboard.writeText(actions.link(room.id, null)))}>
                {t("menu.copyRoomLink")}
            </MenuItem>
            <MenuItem icon="logout" danger onSelect={() => { ui.open({ kind: "leave", roomId: room.id }); }}>
                {t("menu.leave")}
            </MenuItem>
        </ContextMenu>
    );
}
