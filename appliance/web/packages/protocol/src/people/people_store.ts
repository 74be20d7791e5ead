//! People beyond a room: whoever the directory finds, and what their profile says.

import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import { problemOf } from "../base/problem";
import { readableName } from "./names";
import { type Presence, presenceOf } from "./presence";

/** People that a search shows. */
const FOUND_MAX = 30;

export interface PersonFound {
    readonly id: string;
    readonly name: string;
    readonly avatar: string | null;
}

export interface Profile extends PersonFound {
    readonly presence: Presence | null;
    readonly lastActiveTs: number | null;
    readonly status: string | null;
    readonly timeZone: string | null;
    /** Ids of rooms that both of us are in. */
    readonly shared: readonly string[];
    /** Their identity was compared by emoji; null: it is not known whether they have one. */
    readonly verified: boolean | null;
    readonly ignored: boolean;
}

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

export class People {
    readonly #client: MatrixClient;

    constructor(client: MatrixClient) {
        this.#client = client;
    }

    /** People of this server by name; a whole user id is found even if the directory does not list it. */
    async search(term: string): Promise<PersonFound[]> {
        const wanted = term.trim();
        if (wanted === "") return this.known();
        try {
            const me = this.#client.getSafeUserId();
            const answer = await this.#client.searchUserDirectory({ term: wanted, limit: FOUND_MAX });
            const found = answer.results.map(({ user_id: id, display_name: name, avatar_url: avatar }) => ({
                id,
                name: readableName(id, text(name), me),
                avatar: text(avatar),
            }));
            const others = found.filter((person) => person.id !== this.#client.getUserId());
            if (!/^@[^:\s]+:[^\s]+$/.test(wanted) || others.some((person) => person.id === wanted)) return others;
            return [await this.#byId(wanted), ...others];
        } catch (error) {
            throw problemOf(error);
        }
    }

    /** People of conversations and shared rooms, to begin with. */
    known(): PersonFound[] {
        const me = this.#client.getSafeUserId();
        const people = new Map<string, PersonFound & { ts: number }>();
        for (const room of this.#client.getRooms()) {
            if (room.getMyMembership() !== "join") continue;
            for (const member of room.getJoinedMembers()) {
                if (member.userId === me) continue;
                const ts = room.getLastActiveTimestamp();
                const before = people.get(member.userId);
                if (before && before.ts >= ts) continue;
                people.set(member.userId, { id: member.userId, name: readableName(member.userId, member.name, me), avatar: member.getMxcAvatarUrl() ?? null, ts });
            }
        }
        const sorted = [...people.values()].sort((a, b) => b.ts - a.ts);
        return sorted.slice(0, FOUND_MAX).map(({ id, name, avatar }) => ({ id, name, avatar }));
    }

    /** What is known of somebody. */
    async profile(userId: string): Promise<Profile> {
        const client = this.#client;
        const user = client.getUser(userId);
        const profile: Record<string, unknown> = await client.getProfileInfo(userId).catch(() => ({}));
        const crypto = client.getCrypto();
        const status = await crypto?.getUserVerificationStatus(userId).catch(() => null);
        const rooms = client.getRooms().filter((room) => room.getMyMembership() === "join" && !room.isSpaceRoom());
        const member = rooms.map((room) => room.getMember(userId)).find((known) => known?.membership === "join");
        return {
            id: userId,
            name: readableName(userId, text(profile.displayname) ?? member?.rawDisplayName, client.getSafeUserId()),
            avatar: text(profile.avatar_url) ?? member?.getMxcAvatarUrl() ?? null,
            presence: presenceOf(user),
            lastActiveTs: user?.events.presence ? user.getLastActiveTs() : null,
            status: text(user?.presenceStatusMsg),
            timeZone: text(profile["m.tz"]),
            shared: rooms.filter((room) => room.getMember(userId)?.membership === "join").map((room) => room.roomId),
            verified: status?.known ? status.isVerified() : null,
            ignored: client.isUserIgnored(userId),
        };
    }

    /** Hides somebody's messages, or shows them again. */
    async ignore(userId: string, ignored: boolean): Promise<void> {
        const others = this.#client.getIgnoredUsers().filter((known) => known !== userId);
        try {
            await this.#client.setIgnoredUsers(ignored ? [...others, userId] : others);
        } catch (error) {
            throw problemOf(error);
        }
    }

    async #byId(id: string): Promise<PersonFound> {
        const profile = await this.#client.getProfileInfo(id);
        return { id, name: readableName(id, text(profile.displayname), this.#client.getSafeUserId()), avatar: text(profile.avatar_url) };
    }
}
