//! Raised hands and passing reactions: events of the room that refer to somebody's membership of the call, as in Element Call.

import { type MatrixClient, type MatrixEvent, MatrixEventEvent, type Room, RoomEvent } from "matrix-js-sdk/lib/matrix.js";
import type { Scope } from "../../base/scope";
import { listen } from "../../engine/listen";
import { stateOf } from "../../rooms/state";
import { MEMBER, type PassingReaction, PASSING, REACTION, handContent, passingContent, passingOf, raisedBy } from "../events";

/** How long a passing reaction is shown. */
const SHOWN_MS = 4_000;

interface Hand {
    readonly eventId: string;
    readonly ts: number;
}

export class Hands {
    readonly #client: MatrixClient;
    readonly #room: Room;
    readonly #scope: Scope;
    readonly #changed: () => void;
    /** By membership. */
    readonly #hands = new Map<string, Hand>();
    readonly #reactions = new Map<string, { readonly emoji: string; readonly untilTs: number }>();

    constructor(client: MatrixClient, room: Room, scope: Scope, changed: () => void) {
        this.#client = client;
        this.#room = room;
        this.#scope = scope;
        this.#changed = changed;
        listen(scope, room, RoomEvent.Timeline, (event, _, atStart, removed) => {
            if (!atStart && !removed) this.#look(event);
        });
        listen(scope, client, MatrixEventEvent.Decrypted, (event) => {
            if (event.getRoomId() === room.roomId) this.#look(event);
        });
        listen(scope, room, RoomEvent.Redaction, (redaction) => this.#redacted(redaction.event.redacts));
    }

    /** Hands that were raised before this page came: as far as the timeline is loaded. */
    begin(membershipIds: readonly string[]): void {
        for (const event of this.#room.getLiveTimeline().getEvents()) {
            const raised = raisedBy(event);
            if (raised !== null && membershipIds.includes(raised)) this.#look(event);
        }
    }

    handTs(membershipId: string): number | null {
        return this.#hands.get(membershipId)?.ts ?? null;
    }

    reaction(membershipId: string): string | null {
        return this.#reactions.get(membershipId)?.emoji ?? null;
    }

    async raise(membershipId: string): Promise<void> {
        await this.#client.sendEvent(this.#room.roomId, REACTION as never, handContent(membershipId) as never);
    }

    async lower(membershipId: string): Promise<void> {
        const hand = this.#hands.get(membershipId);
        if (hand) await this.#client.redactEvent(this.#room.roomId, hand.eventId);
    }

    async react(membershipId: string, reaction: PassingReaction): Promise<void> {
        await this.#client.sendEvent(this.#room.roomId, PASSING as never, passingContent(membershipId, reaction) as never);
    }

    #look(event: MatrixEvent): void {
        const eventId = event.getId();
        // One that is still being sent comes again with its own name.
        if (!eventId?.startsWith("$")) return;
        const raised = raisedBy(event);
        if (raised !== null && this.#isOf(event, raised)) {
            this.#hands.set(raised, { eventId, ts: event.getTs() });
            return this.#changed();
        }
        const passing = passingOf(event);
        if (passing && Date.now() - event.getTs() < SHOWN_MS * 2 && this.#isOf(event, passing.membershipId)) this.#show(passing.membershipId, passing.emoji);
    }

    /** Only one's own membership is spoken for. */
    #isOf(event: MatrixEvent, membershipId: string): boolean {
        const membership = this.#room.findEventById(membershipId) ?? this.#stateEvent(membershipId);
        return membership !== null && membership.getSender() === event.getSender();
    }

    #stateEvent(eventId: string): MatrixEvent | null {
        const members = stateOf(this.#room).getStateEvents(MEMBER);
        return members.find((event) => event.getId() === eventId) ?? null;
    }

    #show(membershipId: string, emoji: string): void {
        this.#reactions.set(membershipId, { emoji, untilTs: Date.now() + SHOWN_MS });
        this.#changed();
        this.#scope.later(SHOWN_MS, () => {
            const shown = this.#reactions.get(membershipId);
            if (!shown || shown.untilTs > Date.now() + 1) return;
            this.#reactions.delete(membershipId);
            this.#changed();
        });
    }

    #redacted(eventId: string | undefined): void {
        for (const [membershipId, hand] of this.#hands) {
            if (hand.eventId !== eventId) continue;
            this.#hands.delete(membershipId);
            this.#changed();
        }
    }
}
