//! What people do with rooms: make them, enter and leave them, set them up, act on their messages.

import {
    EventStatus,
    EventType,
    type ICreateRoomOpts,
    type MatrixClient,
    type MatrixEvent,
    Preset,
    RelationType,
    type Room,
    RoomType,
    Visibility,
} from "matrix-js-sdk/lib/matrix.js";
import { Problem, problemOf } from "../base/problem";
import { POLL_END, POLL_RESPONSE, POLL_START, pollContent } from "../content/poll";
import { roomLink } from "../content/permalink";
import type { Outbox } from "../offline/outbox";
import { directWith, setDirect } from "./directs";
import { type NotificationMode, setNotificationMode } from "./notification_mode";
import { pinnedIds } from "./state";

const ENCRYPTION = {
    type: EventType.RoomEncryption,
    state_key: "",
    content: { algorithm: "m.megolm.v1.aes-sha2" },
} as const;

/** Messages that have not set out. */
const CANCELLABLE: ReadonlySet<EventStatus | null> = new Set([EventStatus.QUEUED, EventStatus.NOT_SENT, EventStatus.ENCRYPTING]);

/** Public rooms per page of the directory. */
const DIRECTORY_PAGE = 40;

export interface NewRoom {
    readonly name: string;
    readonly topic: string;
    /** `group`: private, by invitation, end-to-end encrypted. `channel`: open to everybody here, kept by the server. */
    readonly kind: "group" | "channel" | "space";
    /** Only moderators write. */
    readonly announcements: boolean;
    readonly invite: readonly string[];
    /** The space that it belongs to. */
    readonly space: string | null;
}

export interface PublicRoom {
    readonly id: string;
    readonly name: string;
    readonly topic: string | null;
    readonly avatar: string | null;
    readonly members: number;
    readonly joined: boolean;
    readonly space: boolean;
}

function creation(wish: NewRoom, domain: string | null): ICreateRoomOpts {
    const open = wish.kind === "channel";
    const announcements = wish.announcements
        ? // Everybody may still react, and members read receipts and the like as everywhere.
          { events_default: 50, events: { [EventType.Reaction]: 0 } }
        : {};
    const parent = wish.space === null ? [] : [spaceParent(wish.space, domain)];
    return {
        name: wish.name.trim(),
        topic: wish.topic.trim() || undefined,
        preset: open ? Preset.PublicChat : Preset.PrivateChat,
        visibility: open ? Visibility.Public : Visibility.Private,
        invite: [...wish.invite],
        ...(wish.kind === "space" ? { creation_content: { type: RoomType.Space } } : {}),
        initial_state: [
            ...(wish.kind === "group" ? [ENCRYPTION] : []),
            // An announcement or an open channel is of use only to those who can read back.
            ...(open ? [{ type: EventType.RoomHistoryVisibility, state_key: "", content: { history_visibility: "shared" } }] : []),
            ...parent,
        ],
        ...(wish.announcements ? { power_level_content_override: announcements } : {}),
    };
}

function spaceParent(space: string, domain: string | null): { type: string; state_key: string; content: object } {
    return { type: EventType.SpaceParent, state_key: space, content: { via: domain ? [domain] : [], canonical: true } };
}

/** Runs something of the SDK and throws problems only. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (error) {
        throw problemOf(error);
    }
}

/** The same for what has no answer. */
async function act(work: () => Promise<unknown>): Promise<void> {
    await attempt(work);
}

export class RoomActions {
    readonly #client: MatrixClient;
    readonly #outbox: Outbox;
    readonly #refreshRoom: (roomId: string) => void;

    constructor(client: MatrixClient, outbox: Outbox, refreshRoom: (roomId: string) => void) {
        this.#client = client;
        this.#outbox = outbox;
        this.#refreshRoom = refreshRoom;
    }

    /** The conversation with this person: the one there is, or a new one, end-to-end encrypted. */
    direct(userId: string): Promise<string> {
        return attempt(async () => {
            const known = directWith(this.#client, userId);
            if (known) return known.roomId;
            const { room_id: roomId } = await this.#client.createRoom({
                preset: Preset.TrustedPrivateChat,
                is_direct: true,
                invite: [userId],
                initial_state: [ENCRYPTION],
            });
            await setDirect(this.#client, roomId, userId);
            return roomId;
        });
    }

    create(wish: NewRoom): Promise<string> {
        return attempt(async () => {
            const domain = this.#client.getDomain();
            const { room_id: roomId } = await this.#client.createRoom(creation(wish, domain));
            if (wish.space !== null) await this.addToSpace(wish.space, roomId);
            return roomId;
        });
    }

    addToSpace(space: string, roomId: string): Promise<void> {
        const via = [this.#client.getDomain() ?? ""].filter(Boolean);
        return attempt(async () => {
            await this.#client.sendStateEvent(space, EventType.SpaceChild, { via }, roomId);
        });
    }

    removeFromSpace(space: string, roomId: string): Promise<void> {
        return attempt(async () => {
            await this.#client.sendStateEvent(space, EventType.SpaceChild, {}, roomId);
        });
    }

    /** Accepts an invitation. A conversation of two is remembered as one. */
    accept(roomId: string): Promise<void> {
        return attempt(async () => {
            const inviter = this.#client.getRoom(roomId)?.getDMInviter() ?? null;
            await this.#client.joinRoom(roomId);
            if (inviter !== null) await setDirect(this.#client, roomId, inviter);
        });
    }

    /** Enters an open room by id or alias, and says its id. */
    join(roomIdOrAlias: string): Promise<string> {
        return attempt(async () => (await this.#client.joinRoom(roomIdOrAlias)).roomId);
    }

    /** Enters an open room that is known by its id. */
    enter(roomId: string): Promise<void> {
        return act(() => this.#client.joinRoom(roomId));
    }

    /** Declines an invitation, or leaves a room and forgets it. */
    leave(roomId: string): Promise<void> {
        return attempt(async () => {
            await this.#client.leave(roomId);
            await this.#client.forget(roomId, true).catch(() => undefined);
        });
    }

    invite(roomId: string, userIds: readonly string[]): Promise<void> {
        return attempt(async () => {
            for (const userId of userIds) await this.#client.invite(roomId, userId);
        });
    }

    kick(roomId: string, userId: string): Promise<void> {
        return act(() => this.#client.kick(roomId, userId));
    }

    ban(roomId: string, userId: string): Promise<void> {
        return act(() => this.#client.ban(roomId, userId));
    }

    unban(roomId: string, userId: string): Promise<void> {
        return act(() => this.#client.unban(roomId, userId));
    }

    setLevel(roomId: string, userId: string, level: number): Promise<void> {
        return act(() => this.#client.setPowerLevel(roomId, userId, level));
    }

    rename(roomId: string, name: string): Promise<void> {
        return act(() => this.#client.setRoomName(roomId, name.trim()));
    }

    setTopic(roomId: string, topic: string): Promise<void> {
        return act(() => this.#client.setRoomTopic(roomId, topic.trim()));
    }

    setAvatar(roomId: string, file: File | null): Promise<void> {
        return attempt(async () => {
            const url = file && (await this.#client.uploadContent(file, { type: file.type, includeFilename: false })).content_uri;
            await this.#client.sendStateEvent(roomId, EventType.RoomAvatar, url ? { url } : {}, "");
        });
    }

    /** Switches end-to-end encryption on. It cannot be switched off again. */
    encrypt(roomId: string): Promise<void> {
        return act(() => this.#client.sendStateEvent(roomId, EventType.RoomEncryption, ENCRYPTION.content, ""));
    }

    setMode(roomId: string, mode: NotificationMode): Promise<void> {
        return attempt(async () => {
            await setNotificationMode(this.#client, roomId, mode);
            this.#refreshRoom(roomId);
        });
    }

    /** A room is a favourite, or of low priority, or neither. */
    setTag(roomId: string, tag: "m.favourite" | "m.lowpriority", on: boolean): Promise<void> {
        const other = tag === "m.favourite" ? "m.lowpriority" : "m.favourite";
        return attempt(async () => {
            const tags = this.#client.getRoom(roomId)?.tags ?? {};
            if (on && other in tags) await this.#client.deleteRoomTag(roomId, other);
            if (on) await this.#client.setRoomTag(roomId, tag, { order: 0.5 });
            else await this.#client.deleteRoomTag(roomId, tag);
        });
    }

    /** Marks a room so that one comes back to it. */
    markUnread(roomId: string, unread: boolean): Promise<void> {
        return act(() => this.#client.setRoomAccountData(roomId, EventType.MarkedUnread, { unread }));
    }

    /** Takes the mark away, if there is one. */
    async unmark(roomId: string): Promise<void> {
        const marked = this.#client.getRoom(roomId)?.getAccountData(EventType.MarkedUnread)?.getContent().unread === true;
        if (marked) await this.markUnread(roomId, false);
    }

    /** Everything in the room has been read. */
    markRead(roomId: string): Promise<void> {
        return attempt(async () => {
            const room = this.#room(roomId);
            const last = room.getLastLiveEvent();
            if (last) await this.#client.sendReadReceipt(last, undefined, true);
            await this.unmark(roomId);
        });
    }

    /** Reacts with this, or takes the same reaction back. */
    react(roomId: string, eventId: string, key: string): Promise<void> {
        const room = this.#room(roomId);
        const relations = room.relations.getChildEventsForEvent(eventId, RelationType.Annotation, EventType.Reaction);
        const mine = relations
            ?.getRelations()
            .find((event) => event.getSender() === this.#client.getUserId() && event.getRelation()?.key === key && !event.isRedacted());
        const id = mine?.getId();
        return attempt(async () => {
            if (id) await this.#client.redactEvent(roomId, id);
            else {
                const relation = { rel_type: RelationType.Annotation as const, event_id: eventId, key };
                await this.#client.sendEvent(roomId, EventType.Reaction, { "m.relates_to": relation });
            }
        });
    }

    redact(roomId: string, eventId: string, reason: string): Promise<void> {
        const opts = reason.trim() === "" ? {} : { reason: reason.trim() };
        return act(() => this.#client.redactEvent(roomId, eventId, undefined, opts));
    }

    pin(roomId: string, eventId: string, pinned: boolean): Promise<void> {
        const others = pinnedIds(this.#room(roomId)).filter((id) => id !== eventId);
        const next = { pinned: pinned ? [...others, eventId] : others };
        return act(() => this.#client.sendStateEvent(roomId, EventType.RoomPinnedEvents, next, ""));
    }

    /** Sends a message on to other rooms, without its relations. Files are not uploaded again. */
    forward(event: MatrixEvent, roomIds: readonly string[]): Promise<void> {
        const content = { ...event.getContent() };
        delete content["m.relates_to"];
        delete content["m.new_content"];
        content["m.mentions"] = {};
        const encryptedFile = "file" in content;
        const type = event.getType();
        return attempt(async () => {
            for (const roomId of roomIds) {
                // The key of an encrypted file would lie open there for the server to read.
                if (encryptedFile && !this.#room(roomId).hasEncryptionStateEvent()) throw new Problem("forbidden", { detail: "encrypted file" });
            }
            for (const roomId of roomIds) await this.#client.sendEvent(roomId, type as never, structuredClone(content) as never);
        });
    }

    /** Sends a failed message again. */
    resend(roomId: string, eventId: string): void {
        const room = this.#room(roomId);
        const event = room.getPendingEvents().find((pending) => pending.getId() === eventId);
        if (event) this.#outbox.resend(room, event);
    }

    /** Gives a message up that has failed, or that waits. */
    discard(roomId: string, eventId: string): void {
        const event = this.#room(roomId).getPendingEvents().find((pending) => pending.getId() === eventId);
        // One that has set out meanwhile cannot be held any more.
        if (event && CANCELLABLE.has(event.status)) this.#client.cancelPendingEvent(event);
    }

    startPoll(roomId: string, threadId: string | null, question: string, answers: readonly string[], choicesMax: number): Promise<void> {
        const content = pollContent(question, answers, choicesMax);
        return act(() => this.#client.sendEvent(roomId, threadId, POLL_START as never, content as never));
    }

    vote(roomId: string, pollId: string, answers: readonly string[]): Promise<void> {
        const content = {
            [POLL_RESPONSE]: { answers: [...answers] },
            "m.relates_to": { rel_type: RelationType.Reference, event_id: pollId },
        };
        return act(() => this.#client.sendEvent(roomId, POLL_RESPONSE as never, content as never));
    }

    endPoll(roomId: string, pollId: string): Promise<void> {
        const content = {
            [POLL_END]: {},
            "org.matrix.msc1767.text": "The poll has ended",
            body: "The poll has ended",
            "m.relates_to": { rel_type: RelationType.Reference, event_id: pollId },
        };
        return act(() => this.#client.sendEvent(roomId, POLL_END as never, content as never));
    }

    /** Open rooms of this server. */
    directory(term: string): Promise<PublicRoom[]> {
        return attempt(async () => {
            const filter = term.trim() === "" ? {} : { filter: { generic_search_term: term.trim() } };
            const { chunk } = await this.#client.publicRooms({ limit: DIRECTORY_PAGE, ...filter });
            return chunk.map((room) => ({
                id: room.room_id,
                name: room.name ?? room.canonical_alias ?? room.room_id,
                topic: room.topic ?? null,
                avatar: room.avatar_url ?? null,
                members: room.num_joined_members,
                joined: this.#client.getRoom(room.room_id)?.getMyMembership() === "join",
                space: room.room_type === RoomType.Space,
            }));
        });
    }

    /** An address that other Matrix clients understand, too. */
    link(roomId: string, eventId: string | null): string {
        const domain = this.#client.getDomain();
        return roomLink(roomId, eventId, domain ? [domain] : []);
    }

    #room(roomId: string): Room {
        const room = this.#client.getRoom(roomId);
        if (!room) throw new Problem("notFound");
        return room;
    }
}
