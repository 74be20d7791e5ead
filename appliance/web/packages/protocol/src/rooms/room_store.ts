//! One room as its header and settings show it, and what I may do in it.

import {
    type IPowerLevelsContent,
    type MatrixClient,
    type MatrixEvent,
    NotificationCountType,
    type Room,
    RoomEvent,
    RoomMemberEvent,
    RoomStateEvent,
    UserEvent,
} from "matrix-js-sdk/lib/matrix.js";
import { coalesced } from "../base/coalesce";
import { keep } from "../base/equal";
import { Scope } from "../base/scope";
import { Store } from "../base/store";
import { MEMBER } from "../calls/events";
import { type Body, bodyOf } from "../content/body";
import { listen } from "../engine/listen";
import { type Presence, presenceOf } from "../people/presence";
import { type Sender, senderOf } from "../timeline/items";
import { directRooms } from "./directs";
import { type NotificationMode, notificationMode } from "./notification_mode";
import { OWNER_LEVEL } from "./members_store";
import { typingIn } from "./room_list_store";
import { pinnedIds, stateContent, stateOf } from "./state";

const DRAW_DELAY_MS = 40;

interface Pinned {
    readonly eventId: string;
    /** Null: not loaded yet, or gone. */
    readonly said: { readonly sender: Sender; readonly body: Body; readonly ts: number } | null;
}

/** Who, beside the people listed, may read what is written. */
type Readers = "members" | "invited" | "everybody";

export interface RoomDetails {
    readonly id: string;
    readonly name: string;
    readonly topic: string | null;
    readonly avatar: string | null;
    readonly seed: string;
    readonly membership: string;
    readonly kind: "direct" | "room" | "space";
    readonly userId: string | null;
    readonly presence: Presence | null;
    readonly lastActiveTs: number | null;
    readonly encrypted: boolean;
    readonly joinRule: string;
    readonly history: string;
    readonly readers: Readers;
    readonly joined: number;
    readonly invited: number;
    readonly typing: readonly string[];
    readonly pinned: readonly Pinned[];
    readonly mode: NotificationMode;
    readonly favourite: boolean;
    readonly lowPriority: boolean;
    readonly unreadThreads: number;
    /** Only moderators write here. */
    readonly announcements: boolean;
    /** The room that replaces this one. */
    readonly replacement: string | null;
    readonly myLevel: number;
    readonly can: {
        readonly send: boolean;
        readonly invite: boolean;
        readonly name: boolean;
        readonly topic: boolean;
        readonly avatar: boolean;
        readonly pin: boolean;
        readonly powers: boolean;
        readonly kick: boolean;
        readonly ban: boolean;
        readonly encrypt: boolean;
        readonly joinRule: boolean;
        readonly everybody: boolean;
        readonly children: boolean;
        /** Be in the room's call, and begin one. */
        readonly call: boolean;
    };
}

function readersOf(history: string): Readers {
    if (history === "world_readable") return "everybody";
    return history === "joined" ? "members" : "invited";
}

type FetchEvent = (roomId: string, eventId: string) => Promise<MatrixEvent | null>;

export class RoomStore extends Store<RoomDetails> {
    readonly #client: MatrixClient;
    readonly #room: Room;
    readonly #fetchEvent: FetchEvent;
    /** Pinned events that are not in the timeline; null: asked for. */
    readonly #pins = new Map<string, MatrixEvent | null>();
    #scope = new Scope();
    readonly #draw = coalesced(DRAW_DELAY_MS, () => this.#refresh());

    constructor(client: MatrixClient, room: Room, fetchEvent: FetchEvent) {
        super(detailsOf(client, room, new Map()));
        this.#client = client;
        this.#room = room;
        this.#fetchEvent = fetchEvent;
    }

    protected override watched(): void {
        this.#scope = new Scope();
        const { roomId } = this.#room;
        const ours = (changed: string | undefined) => {
            if (changed === roomId) this.#draw();
        };
        const room = (changed: Room) => {
            ours(changed.roomId);
        };
        listen(this.#scope, this.#client, RoomStateEvent.Events, (event) => ours(event.getRoomId()));
        listen(this.#scope, this.#client, RoomEvent.Name, room);
        listen(this.#scope, this.#client, RoomEvent.MyMembership, room);
        listen(this.#scope, this.#client, RoomEvent.Tags, (_, changed) => room(changed));
        listen(this.#scope, this.#client, RoomEvent.AccountData, (_, changed) => room(changed));
        listen(this.#scope, this.#client, RoomMemberEvent.Typing, (_, member) => ours(member.roomId));
        listen(this.#scope, this.#client, UserEvent.Presence, () => {
            if (this.getSnapshot().userId !== null) this.#draw();
        });
        listen(this.#scope, this.#room, RoomEvent.UnreadNotifications, this.#draw);
        this.#draw();
    }

    protected override unwatched(): void {
        this.#draw.cancel();
        this.#scope.close();
    }

    /** Looks again at what announces itself to nobody: push rules, pinned events that were fetched. */
    refresh(): void {
        this.#refresh();
    }

    async #fetchPinned(eventId: string): Promise<void> {
        this.#pins.set(eventId, null);
        const event = await this.#fetchEvent(this.#room.roomId, eventId);
        if (!event) return;
        event.setMetadata(stateOf(this.#room), false);
        this.#pins.set(eventId, event);
        this.#draw();
    }

    #refresh(): void {
        const now = detailsOf(this.#client, this.#room, this.#pins);
        this.publish(keep(this.getSnapshot(), now));
        for (const { eventId, said } of now.pinned) {
            if (!said && !this.#pins.has(eventId)) void this.#fetchPinned(eventId);
        }
    }
}

function pinnedOf(room: Room, me: string, fetched: ReadonlyMap<string, MatrixEvent | null>): Pinned[] {
    return pinnedIds(room).map((eventId) => {
        const event = room.findEventById(eventId) ?? fetched.get(eventId);
        return { eventId, said: event ? { sender: senderOf(event, me), body: bodyOf(event), ts: event.getTs() } : null };
    });
}

function abilities(room: Room, me: string): RoomDetails["can"] {
    const state = stateOf(room);
    const level = room.getMember(me)?.powerLevel ?? 0;
    const joined = room.getMyMembership() === "join";
    const maySet = (type: string) => joined && state.maySendStateEvent(type, me);
    return {
        send: joined && state.maySendEvent("m.room.message", me),
        invite: joined && room.canInvite(me),
        name: maySet("m.room.name"),
        topic: maySet("m.room.topic"),
        avatar: maySet("m.room.avatar"),
        pin: maySet("m.room.pinned_events"),
        powers: maySet("m.room.power_levels"),
        kick: joined && state.hasSufficientPowerLevelFor("kick", level),
        ban: joined && state.hasSufficientPowerLevelFor("ban", level),
        encrypt: maySet("m.room.encryption"),
        joinRule: maySet("m.room.join_rules"),
        everybody: joined && state.mayTriggerNotifOfType("room", me),
        children: maySet("m.space.child"),
        call: !room.isSpaceRoom() && maySet(MEMBER),
    };
}

/** How many threads have something unread. */
function unreadThreads(room: Room): number {
    return room.getThreads().filter((thread) => room.getThreadUnreadNotificationCount(thread.id, NotificationCountType.Total) > 0).length;
}

/** Whether an ordinary member may not write. */
function isAnnouncements(room: Room): boolean {
    const levels = stateContent(room, "m.room.power_levels") as IPowerLevelsContent;
    const needed = levels.events?.["m.room.message"] ?? levels.events_default ?? 0;
    return needed > (levels.users_default ?? 0);
}

function detailsOf(client: MatrixClient, room: Room, pins: ReadonlyMap<string, MatrixEvent | null>): RoomDetails {
    const me = client.getSafeUserId();
    const userId = directRooms(client).get(room.roomId) ?? null;
    const user = userId === null ? null : client.getUser(userId);
    const history = room.getHistoryVisibility();
    const text = (type: string, field: string): string | null => {
        const value = stateContent(room, type)[field];
        return typeof value === "string" && value !== "" ? value : null;
    };
    return {
        id: room.roomId,
        name: room.name,
        topic: text("m.room.topic", "topic"),
        avatar: room.getMxcAvatarUrl() ?? (userId === null ? null : (room.getAvatarFallbackMember()?.getMxcAvatarUrl() ?? null)),
        seed: userId ?? room.roomId,
        membership: room.getMyMembership(),
        kind: room.isSpaceRoom() ? "space" : userId === null ? "room" : "direct",
        userId,
        presence: presenceOf(user),
        lastActiveTs: user?.events.presence ? user.getLastActiveTs() : null,
        encrypted: room.hasEncryptionStateEvent(),
        joinRule: room.getJoinRule(),
        history,
        readers: readersOf(history),
        joined: room.getJoinedMemberCount(),
        invited: room.getInvitedMemberCount(),
        typing: typingIn(room, me),
        pinned: pinnedOf(room, me, pins),
        mode: notificationMode(client, room.roomId),
        favourite: "m.favourite" in room.tags,
        lowPriority: "m.lowpriority" in room.tags,
        unreadThreads: unreadThreads(room),
        announcements: isAnnouncements(room),
        replacement: text("m.room.tombstone", "replacement_room"),
        myLevel: Math.min(room.getMember(me)?.powerLevel ?? 0, OWNER_LEVEL),
        can: abilities(room, me),
    };
}
