//! The message that is being written: text, whom it names, what it answers or corrects. Survives reloads and lost sessions.

import { EventType, type MatrixClient, type MatrixEvent, type Room } from "matrix-js-sdk/lib/matrix.js";
import { coalesced } from "../base/coalesce";
import { Problem } from "../base/problem";
import { Store } from "../base/store";
import { type Body, bodyOf, plainText } from "../content/body";
import { type Mention, type Written, stillMentioned, written } from "../content/markdown";
import { parseLink } from "../content/permalink";
import { stateOf } from "../rooms/state";
import type { SettingsStore } from "../settings/settings_store";
import { type Sender, senderOf } from "../timeline/items";
import { type Draft, type Drafts, draftKey } from "./drafts";

/** Time after the last key press until the draft is on disk. */
const SAVE_DELAY_MS = 250;

/** Bytes of a message's content; an event of 64 KiB must hold it encrypted, in Base64. */
const CONTENT_BYTES_MAX = 40 * 1024;

/** How long others see "is typing" after the last key press, and how often it is said again. */
const TYPING_MS = 20_000;
const TYPING_AGAIN_MS = 8_000;

export interface Quoted {
    readonly eventId: string;
    readonly sender: Sender;
    readonly body: Body;
}

export interface ComposerState {
    /** The draft has been read. */
    readonly ready: boolean;
    readonly text: string;
    readonly mentions: readonly Mention[];
    readonly reply: Quoted | null;
    readonly editing: Quoted | null;
    /** Grows whenever the text was set by something else than typing: the field takes it over and puts its caret at the end. */
    readonly turn: number;
}

const EMPTY: ComposerState = { ready: false, text: "", mentions: [], reply: null, editing: null, turn: 0 };

const MENTION_LINK = /<a href="(https:\/\/matrix\.to\/#\/[^"]+)">([^<]*)<\/a>/g;

/** Whom a message that is edited names already. */
function mentionsOf(event: MatrixEvent): Mention[] {
    const html: unknown = event.getContent().formatted_body;
    if (typeof html !== "string") return [];
    const mentions: Mention[] = [];
    for (const [, href = "", name = ""] of html.matchAll(MENTION_LINK)) {
        const target = parseLink(href);
        if (target?.kind === "user") mentions.push({ userId: target.userId, name: name.replace(/^@/, "") });
    }
    return mentions;
}

export class ComposerStore extends Store<ComposerState> {
    readonly threadId: string | null;
    readonly #client: MatrixClient;
    readonly #room: Room;
    readonly #drafts: Drafts;
    readonly #settings: SettingsStore;
    readonly #key: string;
    readonly #find: (eventId: string) => MatrixEvent | null;
    readonly #save = coalesced(SAVE_DELAY_MS, () => this.#write());
    /** What was being written when an edit began. */
    #aside: ComposerState | null = null;
    #typingSaidMs = 0;

    constructor(parts: {
        client: MatrixClient;
        room: Room;
        drafts: Drafts;
        settings: SettingsStore;
        threadId: string | null;
        find: (eventId: string) => MatrixEvent | null;
    }) {
        super(EMPTY);
        this.threadId = parts.threadId;
        this.#client = parts.client;
        this.#room = parts.room;
        this.#drafts = parts.drafts;
        this.#settings = parts.settings;
        this.#find = parts.find;
        this.#key = draftKey(parts.room.roomId, parts.threadId);
        void this.#load();
    }

    /** What stands in the field now. */
    type(text: string): void {
        this.publish({ ...this.getSnapshot(), text });
        this.#save();
        this.#sayTyping(text !== "" && !text.startsWith("/"));
    }

    /** Names somebody; `text` has `@name` in it already. */
    mention(mention: Mention, text: string): void {
        const state = this.getSnapshot();
        const others = state.mentions.filter((known) => known.name !== mention.name);
        this.publish({ ...state, text, mentions: [...others, mention] });
        this.#save();
    }

    /** Puts a text into the field from outside, as a retry after a failure does. */
    insert(text: string): void {
        const state = this.getSnapshot();
        this.publish({ ...state, text: state.text + text, turn: state.turn + 1 });
        this.#save();
    }

    replyTo(eventId: string): void {
        const quoted = this.#quoted(eventId);
        if (!quoted) return;
        const state = this.getSnapshot();
        if (state.editing) this.cancelEdit();
        const now = this.getSnapshot();
        this.publish({ ...now, reply: quoted, turn: now.turn + 1 });
        this.#save();
    }

    cancelReply(): void {
        this.publish({ ...this.getSnapshot(), reply: null });
        this.#save();
    }

    /** Takes a message of one's own back into the field. */
    edit(eventId: string): void {
        const event = this.#find(eventId);
        const quoted = this.#quoted(eventId);
        if (!event || !quoted) return;
        const state = this.getSnapshot();
        this.#aside ??= state;
        const { body } = quoted;
        const emote = body.kind === "text" && body.style === "emote" ? "/me " : "";
        const media = "caption" in body;
        const text = media ? (body.caption ?? "") : emote + sourceOf(event, body);
        this.publish({ ...state, text, mentions: mentionsOf(event), reply: null, editing: quoted, turn: state.turn + 1 });
    }

    /** Leaves the edited message as it is and goes back to what was being written before. */
    cancelEdit(): void {
        const state = this.getSnapshot();
        if (!state.editing) return;
        const aside = this.#aside ?? EMPTY;
        this.#aside = null;
        this.publish({ ...aside, ready: true, editing: null, turn: state.turn + 1 });
    }

    /** Whether there is something to send. */
    get sendable(): boolean {
        const { text, editing } = this.getSnapshot();
        return text.trim() !== "" || (editing !== null && "caption" in editing.body);
    }

    /**
     * Sends what is written. The field is empty at once; what becomes of the message is told in the timeline. Throws the
     * problem if it cannot be sent as one message.
     */
    send(): void {
        if (!this.sendable) return;
        const state = this.getSnapshot();
        const content = state.editing ? this.#editContent(state, state.editing) : this.#newContent(state);
        if (new TextEncoder().encode(JSON.stringify(content)).length > CONTENT_BYTES_MAX) throw new Problem("tooLarge");
        const { roomId } = this.#room;
        if (state.editing) this.cancelEdit();
        else this.publish({ ...EMPTY, ready: true, turn: state.turn + 1 });
        this.#save.cancel();
        this.#write();
        this.#sayTyping(false);
        // The content is complete; the SDK's union of all message types cannot be proven from here.
        this.#client.sendMessage(roomId, this.threadId, content as never).catch(() => undefined);
    }

    /** Writes the draft now. */
    async flush(): Promise<void> {
        this.#save.flush();
        this.#sayTyping(false);
        await this.#drafts.flushed();
    }

    async #load(): Promise<void> {
        const draft = await this.#drafts.load(this.#key);
        const state = this.getSnapshot();
        // Somebody types faster than the disk reads.
        if (state.text !== "" || state.reply || state.editing) {
            this.publish({ ...state, ready: true });
            return;
        }
        const reply = draft.replyTo === null ? null : this.#quoted(draft.replyTo);
        this.publish({ ...state, ready: true, text: draft.text, mentions: draft.mentions, reply, turn: state.turn + 1 });
    }

    #write(): void {
        const state = this.getSnapshot();
        const { text, mentions, reply } = state.editing ? (this.#aside ?? EMPTY) : state;
        const draft: Draft = { text, mentions: stillMentioned(text, mentions), replyTo: reply?.eventId ?? null };
        void this.#drafts.save(this.#key, draft);
    }

    #quoted(eventId: string): Quoted | null {
        const event = this.#find(eventId);
        return event && { eventId, sender: senderOf(event, this.#client.getSafeUserId()), body: bodyOf(event) };
    }

    #newContent({ text, mentions, reply }: ComposerState): object {
        const content = written(text, mentions);
        if (!reply) return content;
        const me = this.#client.getSafeUserId();
        const named = content["m.mentions"].user_ids ?? [];
        const users = reply.sender.id === me || named.includes(reply.sender.id) ? named : [...named, reply.sender.id];
        return {
            ...content,
            "m.mentions": { ...content["m.mentions"], ...(users.length > 0 ? { user_ids: users } : {}) },
            "m.relates_to": { "m.in_reply_to": { event_id: reply.eventId } },
        };
    }

    #editContent({ text, mentions }: ComposerState, { eventId, body }: Quoted): object {
        const before = this.#find(eventId)?.getContent() ?? {};
        const content = written(text, mentions);
        const edited = "caption" in body ? captioned(before, content, body.name) : content;
        // Who was named before is not called again (spec "Event replacements": mentions of the edit are the new ones).
        const known = new Set<string>(before["m.mentions"]?.user_ids ?? []);
        const users = content["m.mentions"].user_ids?.filter((id) => !known.has(id)) ?? [];
        return {
            ...edited,
            body: `* ${edited.body}`,
            ...(content.formatted_body === undefined ? {} : { formatted_body: `* ${content.formatted_body}` }),
            "m.mentions": users.length > 0 ? { user_ids: users } : {},
            "m.new_content": edited,
            "m.relates_to": { rel_type: "m.replace", event_id: eventId },
        };
    }

    #sayTyping(typing: boolean): void {
        if (this.threadId !== null || !this.#settings.getSnapshot().typing) return;
        const now = Date.now();
        const said = this.#typingSaidMs !== 0 && now - this.#typingSaidMs < TYPING_MS;
        if (typing ? said && now - this.#typingSaidMs < TYPING_AGAIN_MS : !said) return;
        this.#typingSaidMs = typing ? now : 0;
        if (!stateOf(this.#room).maySendEvent(EventType.RoomMessage, this.#client.getSafeUserId())) return;
        this.#client.sendTyping(this.#room.roomId, typing, TYPING_MS).catch(() => undefined);
    }
}

/** Fields of a file's content that belong to its old caption. */
const CAPTION_FIELDS = new Set(["body", "format", "formatted_body", "m.relates_to", "m.new_content", "m.mentions"]);

/** A file's content with another text under it. */
function captioned(before: Record<string, unknown>, content: Written, name: string): Record<string, unknown> & { body: string } {
    const file = Object.fromEntries(Object.entries(before).filter(([field]) => !CAPTION_FIELDS.has(field)));
    const { body, format, formatted_body, "m.mentions": mentions } = content;
    const formatted = format === undefined ? {} : { format, formatted_body };
    return { ...file, ...formatted, "m.mentions": mentions, filename: name, body: body === "" ? name : body };
}

/** The Markdown of a message: its plain text is what was typed, but for names, which stand there without their `@`. */
function sourceOf(event: MatrixEvent, body: Body): string {
    let text = plainText(body);
    for (const { name } of mentionsOf(event)) {
        if (!text.includes(`@${name}`)) text = text.replaceAll(name, `@${name}`);
    }
    return text;
}
