//! The people of a room, loaded when somebody looks at them.

import { type MatrixClient, type Room, RoomMemberEvent, RoomStateEvent, UserEvent } from "matrix-js-sdk/lib/matrix.js";
import { coalesced } from "../base/coalesce";
import { keepAll } from "../base/equal";
import { type ProblemCode, problemOf } from "../base/problem";
import { Scope } from "../base/scope";
import { Store } from "../base/store";
import { listen } from "../engine/listen";
import { isGuest, readableName } from "../people/names";
import { type Presence, presenceOf } from "../people/presence";
import { stateContent } from "./state";

const DRAW_DELAY_MS = 80;

/** Names offered behind an `@`. */
const SUGGESTIONS_MAX = 8;

export type Role = "owner" | "admin" | "moderator" | "member" | "muted";

export interface Member {
    readonly id: string;
    readonly name: string;
    readonly avatar: string | null;
    readonly membership: "join" | "invite" | "ban" | "knock";
    readonly level: number;
    readonly role: Role;
    readonly presence: Presence | null;
    /** From another server, or a guest. */
    readonly external: boolean;
    /** Came by a link. */
    readonly guest: boolean;
    /** A program: the room names it among its service members. */
    readonly bot: boolean;
    readonly me: boolean;
}

/** Who can read along, counted. */
export interface Audience {
    readonly people: number;
    readonly external: number;
    readonly bots: number;
}

export function audienceOf(members: readonly Member[]): Audience {
    const joined = members.filter((member) => member.membership === "join");
    const bots = joined.filter((member) => member.bot).length;
    const external = joined.filter((member) => member.external && !member.bot).length;
    return { people: joined.length - bots - external, external, bots };
}

export interface MembersState {
    readonly phase: "loading" | "ready" | "failed";
    readonly problem: ProblemCode | null;
    readonly members: readonly Member[];
}

/** Stands for the power of creators, which no number reaches. */
export const OWNER_LEVEL = 1_000;

/** Roles as people know them; the creators of newer rooms stand above every number. */
export function roleOf(level: number): Role {
    if (level > 100) return "owner";
    if (level >= 100) return "admin";
    if (level >= 50) return "moderator";
    return level < 0 ? "muted" : "member";
}

export const LEVELS: Readonly<Record<Exclude<Role, "owner">, number>> = { admin: 100, moderator: 50, member: 0, muted: -1 };

/** Where rooms name their programs ([MSC4171](https://github.com/matrix-org/matrix-spec-proposals/pull/4171)). */
const SERVICE_MEMBERS = "io.element.functional_members";

function botsOf(room: Room): ReadonlySet<unknown> {
    const named = stateContent(room, SERVICE_MEMBERS)["service_members"];
    return new Set(Array.isArray(named) ? named : []);
}

const SHOWN = ["join", "invite", "ban", "knock"];

export class MembersStore extends Store<MembersState> {
    readonly #client: MatrixClient;
    readonly #room: Room;
    #scope = new Scope();
    readonly #draw = coalesced(DRAW_DELAY_MS, () => this.#refresh());

    constructor(client: MatrixClient, room: Room) {
        super({ phase: "loading", problem: null, members: [] });
        this.#client = client;
        this.#room = room;
    }

    protected override watched(): void {
        this.#scope = new Scope();
        const { roomId } = this.#room;
        const ours = (changed: string | undefined) => {
            if (changed === roomId) this.#draw();
        };
        listen(this.#scope, this.#client, RoomStateEvent.Members, (event) => ours(event.getRoomId()));
        listen(this.#scope, this.#client, RoomMemberEvent.Name, (_, member) => ours(member.roomId));
        listen(this.#scope, this.#client, RoomMemberEvent.PowerLevel, (_, member) => ours(member.roomId));
        listen(this.#scope, this.#client, UserEvent.Presence, this.#draw);
        void this.load();
    }

    protected override unwatched(): void {
        this.#draw.cancel();
        this.#scope.close();
    }

    async load(): Promise<void> {
        this.#refresh();
        try {
            await this.#room.loadMembersIfNeeded();
            this.publish({ ...this.getSnapshot(), phase: "ready", problem: null });
            this.#refresh();
        } catch (error) {
            this.publish({ ...this.getSnapshot(), phase: "failed", problem: problemOf(error).code });
        }
    }

    /** Members whose name or id begins like this, those who wrote last first. */
    suggest(query: string): Member[] {
        const wanted = query.toLocaleLowerCase();
        const spoke = new Map<string, number>();
        for (const event of this.#room.getLiveTimeline().getEvents()) spoke.set(event.getSender() ?? "", event.getTs());
        const fits = ({ name, id }: Member) =>
            name.toLocaleLowerCase().split(/[\s._-]+/).some((word) => word.startsWith(wanted)) ||
            name.toLocaleLowerCase().startsWith(wanted) ||
            id.slice(1).toLocaleLowerCase().startsWith(wanted);
        const found = this.#list().filter((member) => member.membership === "join" && !member.me && fits(member));
        found.sort((a, b) => (spoke.get(b.id) ?? 0) - (spoke.get(a.id) ?? 0) || a.name.localeCompare(b.name));
        return found.slice(0, SUGGESTIONS_MAX);
    }

    #list(): Member[] {
        const me = this.#client.getSafeUserId();
        const domain = this.#client.getDomain();
        const bots = botsOf(this.#room);
        const members: Member[] = [];
        for (const member of this.#room.getMembers()) {
            const { userId: id, membership } = member;
            const name = readableName(id, member.name, me);
            const level = Math.min(member.powerLevel, OWNER_LEVEL);
            if (!membership || !SHOWN.includes(membership)) continue;
            members.push({
                id,
                name,
                avatar: member.getMxcAvatarUrl() ?? null,
                membership: membership as Member["membership"],
                level,
                role: roleOf(level),
                presence: presenceOf(this.#client.getUser(id)),
                external: !id.endsWith(`:${domain}`) || isGuest(id, me),
                guest: isGuest(id, me),
                bot: bots.has(id),
                me: id === me,
            });
        }
        return members;
    }

    #refresh(): void {
        const members = this.#list();
        members.sort((a, b) => b.level - a.level || a.name.localeCompare(b.name));
        const state = this.getSnapshot();
        const kept = keepAll(state.members, members, (member) => member.id);
        if (kept !== state.members) this.publish({ ...state, members: kept });
    }
}
