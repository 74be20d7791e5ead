/** Everything one can do with a message. */
import { ContextMenu, MenuGroup, MenuItem, MenuSeparator, VisuallyHidden, useToasts } from "@veche/kit";
import { plainText } from "@veche/protocol";
import type { Message } from "@veche/protocol/engine";
import { useEngine, useRouter, useStore, useT } from "../../../app/context";
import { thrownText } from "../../../app/problems";
import { saveFile } from "../../media/save";
import { useUi } from "../../ui/ui_store";
import { useReact } from "../Reactions/Reactions";
import { QUICK } from "./Toolbar";
import styles from "./Toolbar.module.css";

interface Props {
    readonly message: Message;
    readonly roomId: string;
    readonly threadId: string | null;
    readonly position: { x: number; y: number } | null;
    /** All emoji are asked for. */
    readonly onPick: () => void;
    readonly onClose: () => void;
}

export function MessageMenu(props: Props) {
    // Each row could have one: only the open one is made.
    return props.position === null ? null : <OpenMenu {...props} />;
}

function OpenMenu(props: Props) {
    const { message, position, onClose } = props;
    const t = useT();
    const { body } = message;
    const said = body.kind !== "redacted" && body.kind !== "unreadable" && body.kind !== "decrypting";
    return (
        <ContextMenu label={t("message.actions")} position={position} onClose={onClose}>
            {said && message.delivery === "sent" && <Answering {...props} />}
            {said && <Copying {...props} />}
            {message.delivery === "sent" && <Keeping {...props} said={said} />}
        </ContextMenu>
    );
}

function Answering({ message, roomId, threadId, onPick }: Props) {
    const t = useT();
    const router = useRouter();
    const engine = useEngine();
    const room = useStore(engine.room(roomId));
    const react = useReact(roomId, message.eventId);
    const composer = engine.composer(roomId, threadId);
    return (
        <>
            <MenuGroup label={t("message.react")} inline>
                {QUICK.map((key) => (
                    <MenuItem key={key} onSelect={() => { react(key); }}>
                        <VisuallyHidden>{t("message.reactWith", { emoji: key })}</VisuallyHidden>
                        <span className={styles.menuEmoji} aria-hidden="true">
                            {key}
                        </span>
                    </MenuItem>
                ))}
                <MenuItem icon="reaction" onSelect={onPick}>
                    <VisuallyHidden>{t("message.react")}</VisuallyHidden>
                </MenuItem>
            </MenuGroup>
            <MenuSeparator />
            {room.can.send && (
                <MenuItem icon="reply" onSelect={() => { composer.replyTo(message.eventId); }}>
                    {t("message.reply")}
                </MenuItem>
            )}
            {threadId === null && !engine.guest && (
                <MenuItem icon="thread" onSelect={() => { router.panel({ kind: "thread", rootId: message.eventId, eventId: null }); }}>
                    {t("message.thread")}
                </MenuItem>
            )}
            {message.can.edit && (
                <MenuItem icon="edit" onSelect={() => { composer.edit(message.eventId); }}>
                    {t("message.edit")}
                </MenuItem>
            )}
            <MenuSeparator />
        </>
    );
}

function Copying({ message, roomId }: Props) {
    const t = useT();
    const ui = useUi();
    const toasts = useToasts();
    const { media, guest } = useEngine();
    const { body } = message;
    const text = plainText(body);
    const attempt = (work: () => Promise<void>) => () => {
        work().catch((thrown: unknown) => {
            toasts.show({ tone: "danger", text: thrownText(t, thrown) });
        });
    };
    return (
        <>
            {text !== "" && (
                <MenuItem icon="copy" onSelect={attempt(() => navigator.clipboard.writeText(text))}>
                    {t("message.copy")}
                </MenuItem>
            )}
            {"source" in body && (
                <MenuItem icon="download" onSelect={attempt(() => saveFile(media, body))}>
                    {t("message.save")}
                </MenuItem>
            )}
            {body.kind !== "poll" && message.delivery === "sent" && !guest && (
                <MenuItem icon="forward" onSelect={() => { ui.open({ kind: "forward", roomId, eventId: message.eventId }); }}>
                    {t("message.forward")}
                </MenuItem>
            )}
        </>
    );
}

function Keeping({ message, roomId, said }: Props & { readonly said: boolean }) {
    const t = useT();
    const ui = useUi();
    const toasts = useToasts();
    const engine = useEngine();
    const room = useStore(engine.room(roomId));
    const { eventId } = message;
    const attempt = (work: () => Promise<void>) => () => {
        work().catch((thrown: unknown) => {
            toasts.show({ tone: "danger", text: thrownText(t, thrown) });
        });
    };
    return (
        <>
            {!engine.guest && (
                <MenuItem icon="link" onSelect={attempt(() => navigator.clipboard.writeText(engine.actions.link(roomId, eventId)))}>
                    {t("message.copyLink")}
                </MenuItem>
            )}
            {said && !engine.guest && room.can.pin && (
                <MenuItem icon={message.pinned ? "pin-off" : "pin"} onSelect={attempt(() => engine.actions.pin(roomId, eventId, !message.pinned))}>
                    {message.pinned ? t("message.unpin") : t("message.pin")}
                </MenuItem>
            )}
            <MenuItem icon="code" onSelect={() => { ui.open({ kind: "source", roomId, eventId }); }}>
                {t("message.source")}
            </MenuItem>
            {message.can.redact && (
                <>
                    <MenuSeparator />
                    <MenuItem icon="trash" danger onSelect={() => { ui.open({ kind: "delete", roomId, eventId }); }}>
                        {t("message.delete")}
                    </MenuItem>
                </>
            )}
        </>
    );
}
