/** Reactions below a message. */
import { Icon, Tooltip, useToasts } from "@veche/kit";
import type { Message, Reaction } from "@veche/protocol/engine";
import { useRef, useState } from "react";
import { useEngine, useI18n, useT } from "../../../app/context";
import { thrownText } from "../../../app/problems";
import { EmojiPopover } from "../../emoji/EmojiPopover";
import { useUi } from "../../ui/ui_store";
import styles from "./Reactions.module.css";

interface Props {
    readonly message: Message;
    readonly roomId: string;
    readonly threadId: string | null;
}

const NAMES_MAX = 12;

/** Reacting, with a failure told. */
export function useReact(roomId: string, eventId: string): (key: string) => void {
    const t = useT();
    const toasts = useToasts();
    const { actions } = useEngine();
    return (key) => {
        actions.react(roomId, eventId, key).catch((thrown: unknown) => {
            toasts.show({ tone: "danger", text: thrownText(t, thrown) });
        });
    };
}

export function Reactions({ message, roomId, threadId }: Props) {
    const t = useT();
    const ui = useUi();
    const react = useReact(roomId, message.eventId);
    const [picking, setPicking] = useState(false);
    const add = useRef<HTMLButtonElement>(null);
    if (message.reactions.length === 0) return null;
    return (
        <div className={styles.reactions}>
            {message.reactions.map((reaction) => (
                <Pill key={reaction.key} reaction={reaction} onPress={() => { react(reaction.key); }} />
            ))}
            <button ref={add} type="button" className={styles.pill} aria-label={t("message.react")} onClick={() => { setPicking(true); }}>
                <Icon name="reaction" size={16} />
            </button>
            <button type="button" className={styles.who} onClick={() => { ui.open({ kind: "reactions", roomId, eventId: message.eventId, threadId }); }}>
                {t("message.whoReacted")}
            </button>
            <EmojiPopover open={picking} onClose={() => { setPicking(false); }} anchor={add} onPick={react} />
        </div>
    );
}

function Pill({ reaction, onPress }: { readonly reaction: Reaction; readonly onPress: () => void }) {
    const { t, format } = useI18n();
    const names = reaction.by.slice(0, NAMES_MAX).map((person) => person.name);
    const label = t("message.reactedWith", { names: format.list(names), emoji: reaction.key });
    return (
        <Tooltip text={label}>
            <button type="button" className={styles.pill} aria-pressed={reaction.mine !== null} aria-label={`${reaction.key} ${reaction.by.length}: ${label}`} onClick={onPress}>
                <span className={styles.emoji}>{reaction.key}</span>
                <span>{reaction.by.length}</span>
            </button>
        </Tooltip>
    );
}
