//! The threads of a room, newest activity first.

import { type MatrixClient, NotificationCountType, type Room, RoomEvent, ThreadEvent } from "matrix-js-sdk/lib/matrix.js";
import { coalesced } from "../base/coalesce";
import { keepAll } from "../base/equal";
import { type ProblemCode, problemOf } from "../base/problem";
import { Scope } from "../base/scope";
import { Store } from "../base/store";
import { type Body, bodyOf } from "../content/body";
import { listen } from "../engine/listen";
import { type Sender, senderOf } from "./items";

const DRAW_DELAY_MS = 50;

export interface ThreadEntry {
    readonly rootId: string;
    readonly sender: Sender;
    readonly body: Body;
    readonly replies: number;
    readonly last: { readonly sender: Sender; readonly body: Body; readonly ts: number } | null;
    readonly ts: number;
    readonly unread: number;
    readonly mentions: number;
}

export interface ThreadListState {
    readonly phase: "loading" | "ready" | "failed";
    readonly problem: ProblemCode | null;
    readonly threads: readonly ThreadEntry[];
}

export class ThreadListStore extends Store<ThreadListState> {
    readonly #client: MatrixClient;
    readonly #room: Room;
    #scope = new Scope();
    readonly #draw = coalesced(DRAW_DELAY_MS, () => this.#refresh());

    constructor(client: MatrixClient, room: Room) {
        super({ phase: "loading", problem: null, threads: [] });
        this.#client = client;
        this.#room = room;
    }

    protected override watched(): void {
        this.#scope = new Scope();
        listen(this.#scope, this.#room, ThreadEvent.New, this.#draw);
        listen(this.#scope, this.#room, ThreadEvent.Update, this.#draw);
        listen(this.#scope, this.#room, ThreadEvent.NewReply, this.#draw);
        listen(this.#scope, this.#room, RoomEvent.UnreadNotifications, this.#draw);
        void this.load();
    }

    protected override unwatched(): void {
        this.#draw.cancel();
        this.#scope.close();
    }

    /** Asks the server for the room's threads; those of this session are there at once. */
    async load(): Promise<void> {
        this.#refresh();
        try {
            await this.#room.createThreadsTimelineSets();
            await this.#room.fetchRoomThreads();
            this.publish({ ...this.getSnapshot(), phase: "ready", problem: null });
            this.#refresh();
        } catch (error) {
            this.publish({ ...this.getSnapshot(), phase: "failed", problem: problemOf(error).code });
        }
    }

    #refresh(): void {
        const me = this.#client.getSafeUserId();
        const threads: ThreadEntry[] = [];
        for (const thread of this.#room.getThreads()) {
            const root = thread.rootEvent;
            if (!root || thread.length === 0) continue;
            if (root.shouldAttemptDecryption()) void this.#client.decryptEventIfNeeded(root).then(this.#draw);
            const last = thread.replyToEvent;
            if (last?.shouldAttemptDecryption()) void this.#client.decryptEventIfNeeded(last).then(this.#draw);
            threads.push({
                rootId: thread.id,
                sender: senderOf(root, me),
                body: bodyOf(root),
                replies: thread.length,
                last: last && { sender: senderOf(last, me), body: bodyOf(last), ts: last.getTs() },
                ts: last?.getTs() ?? root.getTs(),
                unread: this.#room.getThreadUnreadNotificationCount(thread.id),
                mentions: this.#room.getThreadUnreadNotificationCount(thread.id, NotificationCountType.Highlight),
            });
        }
        threads.sort((a, b) => b.ts - a.ts);
        const state = this.getSnapshot();
        const kept = keepAll(state.threads, threads, (thread) => thread.rootId);
        if (kept !== state.threads) this.publish({ ...state, threads: kept });
    }
}
