//! All rooms as the list shows them: sections, order, counts, previews.

import {
    ClientEvent,
    JoinRule,
    type MatrixClient,
    type MatrixEvent,
    MatrixEventEvent,
    NotificationCountType,
    type Room,
    RoomEvent,
    RoomMemberEvent,
    RoomStateEvent,
    UserEvent,
} from "matrix-js-sdk/lib/matrix.js";
import { coalesced } from "../base/coalesce";
import { keep, keepAll } from "../base/equal";
import type { Scope } from "../base/scope";
import { Store } from "../base/store";
import { listen } from "../engine/listen";
import { readableName } from "../people/names";
import { type Presence, presenceOf } from "../people/presence";
import { directRooms, invitedToDirect } from "./directs";
import { type NotificationMode, notificationMode } from "./notification_mode";
import { type Preview, previewOf } from "./preview";
import { stateOf } from "./state";

/** Time between a change and the list showing it; a first sync of hundreds of rooms is one change. */
const DRAW_DELAY_MS = 40;

export interface RoomEntry {
    readonly id: string;
    readonly name: string;
    /** What the avatar's color comes from: the person of a conversation, else the room. */
    readonly seed: string;
    readonly avatar: string | null;
    readonly kind: "direct" | "room" | "space";
    readonly userId: string | null;
    readonly presence: Presence | null;
    readonly membership: "join" | "invite";
    readonly inviter: { readonly id: string; readonly name: string } | null;
    readonly encrypted: boolean;
    readonly open: boolean;
    readonly favourite: boolean;
    readonly lowPriority: boolean;
    readonly unread: number;
    readonly mentions: number;
    /** Something new that nobody is to be notified of, or the user marked it. */
    readonly marked: boolean;
    readonly mode: NotificationMode;
    readonly preview: Preview | null;
    readonly typing: readonly string[];
    readonly ts: number;
}

export type SectionId = "invites" | "favourites" | "people" | "rooms" | "lowPriority";

export interface Section {
    readonly id: SectionId;
    readonly rooms: readonly RoomEntry[];
}

export interface RoomListState {
    /** The first sync is in. */
    readonly ready: boolean;
    readonly sections: readonly Section[];
    readonly spaces: readonly RoomEntry[];
    /** The space that sections are filtered by. */
    readonly space: string | null;
    readonly unread: number;
    readonly mentions: number;
    readonly byId: ReadonlyMap<string, RoomEntry>;
}

const SECTION_ORDER: readonly SectionId[] = ["invites", "favourites", "people", "rooms", "lowPriority"];

function sectionOf(room: RoomEntry): SectionId {
    if (room.membership === "invite") return "invites";
    if (room.favourite) return "favourites";
    if (room.lowPriority) return "lowPriority";
    return room.kind === "direct" ? "people" : "rooms";
}

/** Rooms sorted into sections; newest activity first, as everybody knows it from their telephones. */
export function sectionsOf(rooms: readonly RoomEntry[], within: ReadonlySet<string> | null): Section[] {
    const sections = new Map<SectionId, RoomEntry[]>(SECTION_ORDER.map((id) => [id, []]));
    for (const room of rooms) {
        if (room.kind === "space" && room.membership === "join") continue;
        if (within && room.membership === "join" && !within.has(room.id)) continue;
        sections.get(sectionOf(room))?.push(room);
    }
    return SECTION_ORDER.map((id) => {
        const listed = sections.get(id) ?? [];
        listed.sort((a, b) => b.ts - a.ts || a.name.localeCompare(b.name));
        return { id, rooms: listed };
    }).filter(({ rooms: listed }) => listed.length > 0);
}

export class RoomListStore extends Store<RoomListState> {
    readonly #client: MatrixClient;
    readonly #dirty = new Set<string>();
    #allDirty = true;
    #entries: ReadonlyMap<string, RoomEntry>;
    #ready = false;
    #space: string | null;
    readonly #draw = coalesced(DRAW_DELAY_MS, () => this.#refresh());

    /** `before`: rooms as they were shown last; those that are as they were stay the same objects. */
    constructor(client: MatrixClient, scope: Scope, space: string | null, before: ReadonlyMap<string, RoomEntry>) {
        super({ ready: false, sections: [], spaces: [], space, unread: 0, mentions: 0, byId: new Map() });
        this.#client = client;
        this.#entries = before;
        this.#space = space;
        this.#listen(scope);
        scope.add(() => this.#draw.cancel());
    }

    /** The first sync (or what was stored of an earlier one) is in. */
    opened(): void {
        this.#ready = true;
        this.#allDirty = true;
        this.#refresh();
    }

    /** Shows the rooms of one space only; null: all. */
    setSpace(space: string | null): void {
        this.#space = space;
        this.#refresh();
    }

    #touch(roomId: string | undefined): void {
        if (!roomId) return;
        this.#dirty.add(roomId);
        this.#draw();
    }

    #touchAll(): void {
        this.#allDirty = true;
        this.#draw();
    }

    #listen(scope: Scope): void {
        const client = this.#client;
        const room = (changed: Room | undefined) => {
            this.#touch(changed?.roomId);
        };
        listen(scope, client, ClientEvent.Room, room);
        listen(scope, client, ClientEvent.DeleteRoom, () => this.#touchAll());
        listen(scope, client, ClientEvent.AccountData, (event) => {
            if (event.getType() === "m.direct" || event.getType() === "m.push_rules") this.#touchAll();
        });
        listen(scope, client, RoomEvent.Timeline, (_event, changed, _atStart, _removed, data) => {
            if (data.liveEvent !== false) room(changed);
        });
        listen(scope, client, RoomEvent.Name, room);
        listen(scope, client, RoomEvent.MyMembership, room);
        listen(scope, client, RoomEvent.Tags, (_, changed) => room(changed));
        listen(scope, client, RoomEvent.Receipt, (_, changed) => room(changed));
        listen(scope, client, RoomEvent.AccountData, (_, changed) => room(changed));
        listen(scope, client, RoomEvent.LocalEchoUpdated, (_, changed) => room(changed));
        listen(scope, client, RoomEvent.Redaction, (_, changed) => room(changed));
        listen(scope, client, RoomStateEvent.Events, (event) => this.#touch(event.getRoomId()));
        listen(scope, client, RoomMemberEvent.Typing, (_, member) => this.#touch(member.roomId));
        listen(scope, client, MatrixEventEvent.Decrypted, (event) => this.#touch(event.getRoomId()));
        listen(scope, client, UserEvent.Presence, (_, user) => this.#touchUser(user.userId));
        listen(scope, client, ClientEvent.Sync, () => this.#draw());
    }

    #touchUser(userId: string): void {
        for (const entry of this.#entries.values()) if (entry.userId === userId) this.#touch(entry.id);
    }

    #refresh(): void {
        if (!this.#ready) return;
        const rooms = this.#client.getVisibleRooms().filter((room) => ["join", "invite"].includes(room.getMyMembership()));
        const directs = directRooms(this.#client);
        const entries = new Map<string, RoomEntry>();
        for (const room of rooms) {
            entries.set(room.roomId, this.#known(room) ?? keep(this.#entries.get(room.roomId), this.#entry(room, directs)));
        }
        this.#allDirty = false;
        this.#dirty.clear();
        this.#entries = entries;
        this.#publish();
    }

    /** The entry of a room of which nothing has changed. Counts change without an event of their own. */
    #known(room: Room): RoomEntry | null {
        const before = this.#entries.get(room.roomId);
        if (this.#allDirty || this.#dirty.has(room.roomId)) return null;
        const counted = before?.mode === "mute" || before?.unread === room.getUnreadNotificationCount();
        return before && counted ? before : null;
    }

    #publish(): void {
        const all = [...this.#entries.values()];
        const spaces = all.filter((room) => room.kind === "space" && room.membership === "join");
        spaces.sort((a, b) => a.name.localeCompare(b.name));
        const space = spaces.some((known) => known.id === this.#space) ? this.#space : null;
        const before = this.getSnapshot();
        const sections = sectionsOf(all, space === null ? null : this.#within(space)).map((section) => {
            const known = before.sections.find((former) => former.id === section.id)?.rooms ?? [];
            return { ...section, rooms: keepAll(known, section.rooms, (room) => room.id) };
        });
        const counted = all.filter((room) => room.kind !== "space");
        this.publish({
            ready: true,
            sections: keepAll(before.sections, sections, (section) => section.id),
            spaces: keepAll(before.spaces, spaces, (room) => room.id),
            space,
            unread: counted.reduce((sum, room) => sum + (room.membership === "invite" ? 1 : room.unread), 0),
            mentions: counted.reduce((sum, room) => sum + room.mentions, 0),
            byId: this.#entries,
        });
    }

    /** Rooms of a space and of the spaces within it. */
    #within(spaceId: string): Set<string> {
        const found = new Set<string>();
        const open = [spaceId];
        for (let id = open.pop(); id !== undefined; id = open.pop()) {
            const children = spaceChildren(this.#client.getRoom(id));
            for (const child of children) {
                const roomId = child.getStateKey();
                if (!roomId || found.has(roomId) || !Array.isArray(child.getContent().via)) continue;
                found.add(roomId);
                open.push(roomId);
            }
        }
        return found;
    }

    /** The last message. While it is being decrypted: as it was before, if it is the same one. */
    #preview(room: Room): Preview | null {
        const now = previewOf(this.#client, room, () => this.#touch(room.roomId));
        const before = this.#entries.get(room.roomId)?.preview;
        const same = before?.ts === now?.ts && before?.senderId === now?.senderId;
        return now?.body.kind === "decrypting" && before && same ? { ...now, body: before.body } : now;
    }

    #entry(room: Room, directs: ReadonlyMap<string, string>): RoomEntry {
        const invited = room.getMyMembership() === "invite";
        const userId = directs.get(room.roomId) ?? (invited ? invitedToDirect(room) : null);
        const mode = notificationMode(this.#client, room.roomId);
        const preview = invited ? null : this.#preview(room);
        const avatar = room.getMxcAvatarUrl() ?? (userId === null ? null : (room.getAvatarFallbackMember()?.getMxcAvatarUrl() ?? null));
        return {
            id: room.roomId,
            name: room.name,
            seed: userId ?? room.roomId,
            avatar,
            kind: room.isSpaceRoom() ? "space" : userId === null ? "room" : "direct",
            userId,
            presence: userId === null ? null : presenceOf(this.#client.getUser(userId)),
            membership: invited ? "invite" : "join",
            inviter: invited ? inviterOf(room, this.#client.getSafeUserId()) : null,
            encrypted: room.hasEncryptionStateEvent(),
            open: room.getJoinRule() === JoinRule.Public,
            favourite: "m.favourite" in room.tags,
            lowPriority: "m.lowpriority" in room.tags,
            ...counts(room, mode),
            mode,
            preview,
            typing: typingIn(room, this.#client.getSafeUserId()),
            ts: preview?.ts ?? activity(room),
        };
    }
}

/** The state events that put rooms into a space. */
function spaceChildren(room: Room | null): MatrixEvent[] {
    return room ? stateOf(room).getStateEvents("m.space.child") : [];
}

function counts(room: Room, mode: NotificationMode): Pick<RoomEntry, "unread" | "mentions" | "marked"> {
    const marked = room.getAccountData("m.marked_unread")?.getContent().unread === true;
    if (mode === "mute") return { unread: 0, mentions: 0, marked };
    return {
        unread: room.getUnreadNotificationCount(NotificationCountType.Total),
        mentions: room.getUnreadNotificationCount(NotificationCountType.Highlight),
        marked,
    };
}

/** When a room without messages was last of interest: joined, invited or made. */
function activity(room: Room): number {
    const mine = room.getMember(room.myUserId)?.events.member?.getTs();
    return mine ?? Math.max(0, room.getLastActiveTimestamp());
}

function inviterOf(room: Room, me: string): RoomEntry["inviter"] {
    const id = room.getMember(me)?.events.member?.getSender();
    return id ? { id, name: readableName(id, room.getMember(id)?.name, me) } : null;
}

export function typingIn(room: Room, me: string): string[] {
    const typing = room.getMembers().filter((member) => member.typing && member.userId !== me);
    return typing.map((member) => readableName(member.userId, member.name, me));
}
