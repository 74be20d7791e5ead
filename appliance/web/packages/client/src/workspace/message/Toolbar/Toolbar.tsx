/** What one does most often with a message, beside it while the pointer is near. */
import { IconButton } from "@veche/kit";
import type { Message } from "@veche/protocol/engine";
import { useRef } from "react";
import { useEngine, useRouter, useStore, useT } from "../../../app/context";
import { EmojiPopover } from "../../emoji/EmojiPopover";
import { useReact } from "../Reactions/Reactions";
import styles from "./Toolbar.module.css";

interface Props {
    readonly message: Message;
    readonly roomId: string;
    readonly threadId: string | null;
    /** Whether all emoji are offered; whoever opened the menu can ask for them, too. */
    readonly picking: boolean;
    readonly onPicking: (open: boolean) => void;
    readonly onMore: (at: { x: number; y: number }) => void;
}

export const QUICK = ["👍", "❤️", "😂"] as const;

export function Toolbar({ message, roomId, threadId, picking, onPicking, onMore }: Props) {
    const t = useT();
    const router = useRouter();
    const engine = useEngine();
    const room = useStore(engine.room(roomId));
    const react = useReact(roomId, message.eventId);
    const picker = useRef<HTMLButtonElement>(null);
    const readable = message.body.kind !== "redacted" && message.body.kind !== "unreadable" && message.body.kind !== "decrypting";
    const composer = engine.composer(roomId, threadId);
    const startThread = () => {
        router.panel({ kind: "thread", rootId: message.eventId, eventId: null });
    };
    return (
        <div className={styles.toolbar} role="toolbar" aria-label={t("message.actions")} data-open={picking || undefined}>
            {readable &&
                QUICK.map((key) => (
                    <button key={key} type="button" className={styles.quick} aria-label={t("message.reactWith", { emoji: key })} onClick={() => { react(key); }}>
                        {key}
                    </button>
                ))}
            {readable && (
                <IconButton ref={picker} size="small" icon="reaction" label={t("message.react")} aria-expanded={picking} onClick={() => { onPicking(true); }} />
            )}
            {readable && room.can.send && (
                <IconButton size="small" icon="reply" label={t("message.reply")} onClick={() => { composer.replyTo(message.eventId); }} />
            )}
            {readable && threadId === null && !engine.guest && <IconButton size="small" icon="thread" label={t("message.thread")} onClick={startThread} />}
            {message.can.edit && <IconButton size="small" icon="edit" label={t("message.edit")} onClick={() => { composer.edit(message.eventId); }} />}
            <IconButton
                size="small"
                icon="more"
                label={t("message.more")}
                onClick={(event) => {
                    const { left, bottom } = event.currentTarget.getBoundingClientRect();
                    onMore({ x: left, y: bottom });
                }}
            />
            <EmojiPopover open={picking} onClose={() => { onPicking(false); }} anchor={picker} onPick={react} />
        </div>
    );
}
