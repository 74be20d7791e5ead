/** Where messages are written. */
import { IconButton, Menu, MenuItem, useToasts } from "@veche/kit";
import type { ComposerState, ComposerStore } from "@veche/protocol/engine";
import { type ClipboardEvent, type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useEngine, useSettings, useStore, useT } from "../../../app/context";
import { thrownText } from "../../../app/problems";
import { EmojiPopover } from "../../emoji/EmojiPopover";
import { useUi } from "../../ui/ui_store";
import { Suggestions, useSuggestions } from "../Suggestions/Suggestions";
import { UploadTray } from "../UploadTray/UploadTray";
import { Voice } from "../Voice/Voice";
import { Context } from "./ComposerContext";
import { isSendingKey } from "./sending_keys";
import { surround, wrapKey } from "./wrap";
import styles from "./Composer.module.css";

interface Props {
    readonly roomId: string;
    readonly threadId: string | null;
}

export function Composer({ roomId, threadId }: Props) {
    const t = useT();
    const engine = useEngine();
    const composer = engine.composer(roomId, threadId);
    const state = useStore(composer);
    const field = useRef<HTMLTextAreaElement>(null);
    const [recording, setRecording] = useState(false);
    const send = useSend(composer, field);
    const { inputRef, ...files } = useFiles(roomId, threadId);
    useField(composer, state, field, threadId === null);
    return (
        <div className={styles.composer}>
            <UploadTray roomId={roomId} threadId={threadId} />
            <Context state={state} composer={composer} />
            {recording ? (
                <Voice onCancel={() => { setRecording(false); }} onDone={(file, voice) => { setRecording(false); files.voice(file, voice); }} />
            ) : (
                <div className={styles.box}>
                    <AddMenu onFiles={files.pick} roomId={roomId} threadId={threadId} />
                    <Field roomId={roomId} threadId={threadId} composer={composer} state={state} field={field} send={send} onFiles={files.add} />
                    <EmojiButton composer={composer} field={field} />
                    {state.text.trim() === "" && state.editing === null ? (
                        <IconButton icon="mic" label={t("composer.voice")} onClick={() => { setRecording(true); }} />
                    ) : (
                        <IconButton icon={state.editing ? "check" : "send"} variant="primary" label={state.editing ? t("composer.save") : t("composer.send")} onClick={send} />
                    )}
                </div>
            )}
            <input ref={inputRef} type="file" multiple hidden onChange={files.chosen} data-testid="file-input" />
        </div>
    );
}

/** Sends, and tells why it cannot. */
function useSend(composer: ComposerStore, field: RefObject<HTMLTextAreaElement | null>): () => void {
    const t = useT();
    const toasts = useToasts();
    return () => {
        try {
            composer.send();
        } catch (thrown) {
            toasts.show({ tone: "danger", text: thrownText(t, thrown) });
        }
        field.current?.focus();
    };
}

function useFiles(roomId: string, threadId: string | null) {
    const engine = useEngine();
    const inputRef = useRef<HTMLInputElement>(null);
    const add = (files: readonly File[]) => {
        if (files.length > 0) engine.uploads.add(roomId, threadId, files);
    };
    return {
        inputRef,
        add,
        voice: (file: File, voice: { durationMs: number; waveform: readonly number[] }) => {
            engine.uploads.add(roomId, threadId, [file], "", voice);
        },
        pick: () => inputRef.current?.click(),
        chosen: (event: React.ChangeEvent<HTMLInputElement>) => {
            add([...(event.target.files ?? [])]);
            // The same file may be chosen again.
            event.target.value = "";
        },
    };
}

/** The field follows the store: its text when that was set from elsewhere, its height, its focus. */
function useField(composer: ComposerStore, state: ComposerState, field: RefObject<HTMLTextAreaElement | null>, main: boolean): void {
    const { turn } = state;
    const touch = matchMedia("(pointer: coarse)").matches;
    useEffect(() => {
        // On a telephone the keyboard would cover the messages that one came to read.
        if (!touch) field.current?.focus({ preventScroll: true });
    }, [composer, field, touch]);
    useLayoutEffect(() => {
        const area = field.current;
        if (!area || turn < 2) return;
        area.setSelectionRange(area.value.length, area.value.length);
        area.focus({ preventScroll: true });
    }, [turn, field]);
    useEffect(() => {
        const save = () => void composer.flush();
        window.addEventListener("pagehide", save);
        return () => {
            window.removeEventListener("pagehide", save);
            save();
        };
    }, [composer]);
    useEffect(() => {
        if (!main) return undefined;
        // Somebody who begins to type means the message.
        const focus = (event: globalThis.KeyboardEvent) => {
            const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, dialog, [popover], button, a, article");
            if (typing || event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.key === "?" || event.key === " ") return;
            field.current?.focus();
        };
        document.addEventListener("keydown", focus);
        return () => {
            document.removeEventListener("keydown", focus);
        };
    }, [main, field]);
}

interface FieldProps extends Props {
    readonly composer: ComposerStore;
    readonly state: ComposerState;
    readonly field: RefObject<HTMLTextAreaElement | null>;
    readonly send: () => void;
    readonly onFiles: (files: readonly File[]) => void;
}

function Field({ roomId, threadId, composer, state, field, send, onFiles }: FieldProps) {
    const t = useT();
    const room = useStore(useEngine().room(roomId));
    const suggestions = useSuggestions(roomId, composer, field);
    const key = useKeys({ roomId, threadId, composer, state, field, send });
    const paste = (event: ClipboardEvent) => {
        const files = [...event.clipboardData.files];
        // Office programs put a picture of the text beside the text.
        if (files.length === 0 || event.clipboardData.types.includes("text/plain")) return;
        event.preventDefault();
        onFiles(files);
    };
    const placeholder = threadId !== null ? t("composer.thread") : room.encrypted ? t("composer.encrypted", { name: room.name }) : t("composer.plain", { name: room.name });
    return (
        <div className={styles.field}>
            <Suggestions suggestions={suggestions} field={field} />
            <div className={styles.grow} data-text={state.text}>
            <textarea
                ref={field}
                className={styles.area}
                rows={1}
                value={state.text}
                placeholder={placeholder}
                aria-label={t("composer.label")}
                {...suggestions.attributes}
                onChange={(event) => {
                    composer.type(event.target.value);
                    suggestions.look(event.target);
                }}
                onKeyDown={(event) => {
                    if (!suggestions.onKey(event)) key(event);
                }}
                onSelect={(event) => { suggestions.look(event.currentTarget); }}
                onBlur={suggestions.close}
                onPaste={paste}
            />
            </div>
        </div>
    );
}

type KeyParts = Omit<FieldProps, "onFiles">;

function useKeys({ roomId, threadId, composer, state, field, send }: KeyParts) {
    const engine = useEngine();
    const { enterSends } = useSettings();
    const editLast = () => {
        const items = engine.timeline(roomId, threadId).getSnapshot().items;
        const last = items.findLast((item) => item.type === "message" && item.can.edit);
        if (last?.type === "message") composer.edit(last.eventId);
    };
    return (event: KeyboardEvent<HTMLTextAreaElement>) => {
        if (event.nativeEvent.isComposing) return;
        if (isSendingKey(event, { state, composer, enterSends, send })) return;
        if (event.key === "ArrowUp" && state.text === "" && !state.editing) {
            event.preventDefault();
            editLast();
            return;
        }
        const mark = wrapKey(event);
        if (mark !== null && field.current) {
            event.preventDefault();
            surround(field.current, mark);
        }
    };
}

function AddMenu({ onFiles, roomId, threadId }: Props & { readonly onFiles: () => void }) {
    const t = useT();
    const ui = useUi();
    return (
        <Menu label={t("composer.add")} placement="top-start" trigger={<IconButton icon="add" label={t("composer.add")} />}>
            <MenuItem icon="attach" onSelect={onFiles}>
                {t("composer.file")}
            </MenuItem>
            <MenuItem icon="poll" onSelect={() => { ui.open({ kind: "poll", roomId, threadId }); }}>
                {t("composer.poll")}
            </MenuItem>
        </Menu>
    );
}

function EmojiButton({ composer, field }: { readonly composer: ComposerStore; readonly field: RefObject<HTMLTextAreaElement | null> }) {
    const t = useT();
    const [open, setOpen] = useState(false);
    const button = useRef<HTMLButtonElement>(null);
    const pick = (shape: string) => {
        const area = field.current;
        if (!area) return;
        area.focus();
        area.setRangeText(shape, area.selectionStart, area.selectionEnd, "end");
        composer.type(area.value);
    };
    return (
        <>
            <IconButton ref={button} icon="emoji" label={t("composer.emoji")} aria-expanded={open} onClick={() => { setOpen(true); }} />
            <EmojiPopover open={open} onClose={() => { setOpen(false); }} anchor={button} onPick={pick} />
        </>
    );
}
