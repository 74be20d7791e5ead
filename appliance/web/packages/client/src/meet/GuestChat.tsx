/** Beside a guest's call: what was written in the room since he came, and a line to write. */
import { IconButton, classes, useToasts } from "@veche/kit";
import type { ComposerStore, RoomDetails } from "@veche/protocol/engine";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { useEngine, useSettings, useStore, useT } from "../app/context";
import { thrownText } from "../app/problems";
import { JoinBar } from "../workspace/calls/JoinBar";
import { useCallUi } from "../workspace/calls/call_ui";
import composer from "../workspace/composer/Composer/Composer.module.css";
import { Context } from "../workspace/composer/Composer/ComposerContext";
import { isSendingKey } from "../workspace/composer/Composer/sending_keys";
import page from "../workspace/room/RoomPage/RoomPage.module.css";
import { Timeline } from "../workspace/timeline/Timeline/Timeline";
import styles from "./meet.module.css";

export default function GuestChat({ room }: { readonly room: RoomDetails }) {
    const t = useT();
    const ui = useCallUi();
    return (
        <section className={classes(page.room, page.column, styles.chat)} aria-label={t("meet.chat")}>
            <header className={styles.chatHead}>
                <span className={styles.chatWords}>
                    <h2 className={styles.chatTitle}>{t("meet.chat")}</h2>
                    <span className={styles.small}>{t("meet.chatText")}</span>
                </span>
                <IconButton icon="close" label={t("call.chatHide")} onClick={() => { ui.showChat("hidden"); }} />
            </header>
            <JoinBar room={room} />
            <Timeline roomId={room.id} threadId={null} eventId={null} />
            {room.can.send ? <Writing room={room} /> : <p className={page.foot}>{t("room.mayNotSend")}</p>}
        </section>
    );
}

/** Words only: guests leave no files. */
function Writing({ room }: { readonly room: RoomDetails }) {
    const t = useT();
    const toasts = useToasts();
    const { enterSends } = useSettings();
    const store = useEngine().composer(room.id);
    const state = useStore(store);
    const field = useRef<HTMLTextAreaElement>(null);
    useFocus(store, state.turn, field);
    const send = () => {
        try {
            store.send();
        } catch (thrown) {
            toasts.show({ tone: "danger", text: thrownText(t, thrown) });
        }
        field.current?.focus();
    };
    const key = (event: KeyboardEvent) => {
        if (!event.nativeEvent.isComposing) isSendingKey(event, { state, composer: store, enterSends, send });
    };
    const placeholder = room.encrypted ? t("composer.encrypted", { name: room.name }) : t("composer.plain", { name: room.name });
    return (
        <div className={composer.composer}>
            <Context state={state} composer={store} />
            <div className={composer.box}>
                <div className={composer.field}>
                    <div className={composer.grow} data-text={state.text}>
                        <textarea
                            ref={field}
                            className={composer.area}
                            rows={1}
                            value={state.text}
                            placeholder={placeholder}
                            aria-label={t("composer.label")}
                            onChange={(event) => { store.type(event.target.value); }}
                            onKeyDown={key}
                        />
                    </div>
                </div>
                <IconButton icon={state.editing ? "check" : "send"} variant="primary" label={state.editing ? t("composer.save") : t("composer.send")} onClick={send} />
            </div>
        </div>
    );
}

/** The field has the focus when the messages open, and when it is given a text from elsewhere. */
function useFocus(store: ComposerStore, turn: number, field: React.RefObject<HTMLTextAreaElement | null>): void {
    useEffect(() => {
        // On a telephone the keyboard would cover the messages that one came to read.
        if (turn > 1 || !matchMedia("(pointer: coarse)").matches) field.current?.focus({ preventScroll: true });
    }, [store, turn, field]);
    useEffect(
        () => () => {
            void store.flush();
        },
        [store],
    );
}
