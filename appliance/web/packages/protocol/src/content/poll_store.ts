//! The votes of one poll.

import { type MatrixClient, type MatrixEvent, MatrixEventEvent, type Room, RoomEvent } from "matrix-js-sdk/lib/matrix.js";
import { coalesced } from "../base/coalesce";
import { Scope } from "../base/scope";
import { Store } from "../base/store";
import { listen } from "../engine/listen";
import { stateOf } from "../rooms/state";
import { type PollQuestion, type PollResult, ballotAnswers, countVotes, isPollEnd, isPollResponse, pollQuestion } from "./poll";

const DRAW_DELAY_MS = 60;

/** Votes fetched for one poll; a room of 200 who change their mind now and then. */
const VOTES_MAX = 2_000;
const PAGE = 200;

export interface PollState {
    readonly loading: boolean;
    readonly ended: boolean;
    readonly result: PollResult;
    readonly mayEnd: boolean;
}

const NOBODY: PollResult = { votes: new Map(), voters: 0, mine: [] };

export class PollStore extends Store<PollState> {
    readonly #client: MatrixClient;
    readonly #room: Room;
    readonly #pollId: string;
    readonly #events = new Map<string, MatrixEvent>();
    #scope = new Scope();
    #loaded = false;
    readonly #draw = coalesced(DRAW_DELAY_MS, () => this.#refresh());

    constructor(client: MatrixClient, room: Room, pollId: string) {
        super({ loading: true, ended: false, result: NOBODY, mayEnd: false });
        this.#client = client;
        this.#room = room;
        this.#pollId = pollId;
    }

    protected override watched(): void {
        this.#scope = new Scope();
        const { roomId } = this.#room;
        const take = (event: MatrixEvent) => {
            if (event.getRoomId() === roomId) this.#take(event);
        };
        listen(this.#scope, this.#client, RoomEvent.Timeline, take);
        listen(this.#scope, this.#client, MatrixEventEvent.Decrypted, take);
        listen(this.#scope, this.#client, RoomEvent.LocalEchoUpdated, take);
        listen(this.#scope, this.#client, RoomEvent.Redaction, this.#draw);
        for (const event of [...this.#room.getLiveTimeline().getEvents(), ...this.#room.getPendingEvents()]) this.#take(event);
        if (!this.#loaded) void this.#load();
        this.#draw();
    }

    protected override unwatched(): void {
        this.#draw.cancel();
        this.#scope.close();
    }

    #take(event: MatrixEvent): void {
        const id = event.getTxnId() ?? event.getId();
        if (!id || event.getRelation()?.event_id !== this.#pollId) return;
        this.#events.set(id, event);
        this.#draw();
    }

    async #load(): Promise<void> {
        this.#loaded = true;
        try {
            let from: string | undefined;
            let fetched = 0;
            do {
                const page = await this.#client.relations(this.#room.roomId, this.#pollId, "m.reference", null, {
                    limit: PAGE,
                    ...(from === undefined ? {} : { from }),
                });
                for (const event of page.events) {
                    await this.#client.decryptEventIfNeeded(event);
                    this.#take(event);
                }
                fetched += page.events.length;
                from = page.nextBatch ?? undefined;
            } while (from !== undefined && fetched < VOTES_MAX);
        } catch {
            // Votes of this session are counted all the same; looking again loads again.
            this.#loaded = false;
        }
        this.publish({ ...this.getSnapshot(), loading: false });
        this.#refresh();
    }

    #refresh(): void {
        const root = this.#room.findEventById(this.#pollId);
        const question: PollQuestion | null = root ? pollQuestion(root.getContent()) : null;
        if (!root || !question) return;
        const me = this.#client.getSafeUserId();
        const events = [...this.#events.values()].filter((event) => !event.isRedacted());
        const ends = events.filter((event) => isPollEnd(event.getType()) && this.#mayEnd(root, event.getSender() ?? ""));
        const endTs = ends.length > 0 ? Math.min(...ends.map((event) => event.getTs())) : null;
        const ballots = events
            .filter((event) => isPollResponse(event.getType()))
            .map((event) => ({ senderId: event.getSender() ?? "", ts: event.getTs(), answers: ballotAnswers(event.getContent()) }));
        const result = countVotes(question, ballots, endTs, me);
        this.publish({ ...this.getSnapshot(), ended: endTs !== null, result, mayEnd: endTs === null && this.#mayEnd(root, me) });
    }

    #mayEnd(root: MatrixEvent, userId: string): boolean {
        return root.getSender() === userId || stateOf(this.#room).maySendRedactionForEvent(root, userId);
    }
}
