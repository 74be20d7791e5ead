//! One room's (or thread's) timeline as somebody looks at it: a window of its events that grows in both directions.

import {
    Direction,
    EventStatus,
    type EventTimelineSet,
    type MatrixClient,
    MatrixEvent,
    MatrixEventEvent,
    ReceiptType,
    type Room,
    RoomEvent,
    RoomStateEvent,
    ThreadEvent,
    TimelineWindow,
} from "matrix-js-sdk/lib/matrix.js";
import { coalesced } from "../base/coalesce";
import { keepAll } from "../base/equal";
import { type ProblemCode, problemOf } from "../base/problem";
import { Scope } from "../base/scope";
import { Store } from "../base/store";
import { listen } from "../engine/listen";
import { readableName } from "../people/names";
import { stateOf } from "../rooms/state";
import type { SettingsStore } from "../settings/settings_store";
import { type Item, type ReadMark, isMessage, itemsOf } from "./items";

/** Events per request, and events that a timeline opens with. */
const PAGE_EVENTS = 50;

/** Events in the window; further ones leave it at the other end and come back when they are scrolled to. */
const WINDOW_EVENTS_MAX = 1_500;

/** Time between an event and its being drawn: a burst is drawn once. */
const DRAW_DELAY_MS = 16;

/** Quoted messages fetched at once that are not in the window. */
const QUOTES_AT_ONCE_MAX = 8;

/** Pages asked for in a row while they bring nothing that is shown. */
const EMPTY_PAGES_MAX = 5;

/** A timeline with fewer items than this is filled up when it opens. */
const ITEMS_MIN = 10;

export type Edge = "more" | "loading" | "none" | "failed";

export interface TimelineState {
    /** Grows with each opening: another turn is another window, which begins where it was opened. */
    readonly turn: number;
    readonly phase: "loading" | "ready" | "failed";
    readonly problem: ProblemCode | null;
    readonly items: readonly Item[];
    readonly older: Edge;
    readonly newer: Edge;
    /** The newest event is in the window: new ones appear at its end. */
    readonly live: boolean;
    /** Reading ended above the window. */
    readonly unreadAbove: boolean;
    /** Where to look, if the timeline was opened at an event; `turn` grows with each wish. */
    readonly focus: { readonly eventId: string; readonly turn: number } | null;
    /** Grows with each message that is written here: whoever writes looks at the end. */
    readonly written: number;
}

const LOADING: TimelineState = {
    turn: 0,
    phase: "loading",
    problem: null,
    items: [],
    older: "more",
    newer: "none",
    live: true,
    unreadAbove: false,
    focus: null,
    written: 0,
};

export class TimelineStore extends Store<TimelineState> {
    readonly roomId: string;
    readonly threadId: string | null;
    readonly #client: MatrixClient;
    readonly #room: Room;
    readonly #settings: SettingsStore;
    readonly #set: EventTimelineSet;
    readonly #me: string;
    readonly #scope = new Scope();
    readonly #quotes = new Map<string, MatrixEvent | "fetching" | "missing">();
    readonly #draw = coalesced(DRAW_DELAY_MS, () => this.#refresh());
    /** Opens at the new end, once what came with it is there. Nothing of it is unread to whoever sees it come. */
    readonly #follow = coalesced(DRAW_DELAY_MS, () => void this.#openAt(null, () => null));
    readonly #window: TimelineWindow;
    /** Grows with each opening; what an earlier one was waiting for is then thrown away. */
    #opening = 0;
    #readUpTo: string | null = null;
    #lastReceipt: string | null = null;
    #fetchingQuotes = 0;
    #watched = false;
    #reading = false;
    #lastRead: string | null = null;

    constructor(client: MatrixClient, room: Room, settings: SettingsStore, threadId: string | null = null) {
        super(LOADING);
        this.#client = client;
        this.#room = room;
        this.#settings = settings;
        this.threadId = threadId;
        this.roomId = room.roomId;
        this.#me = client.getSafeUserId();
        this.#set = threadId === null ? room.getUnfilteredTimelineSet() : this.#thread(threadId).timelineSet;
        this.#window = new TimelineWindow(client, this.#set, { windowLimit: WINDOW_EVENTS_MAX });
        this.#listen();
    }

    /** Somebody shows it. */
    get inUse(): boolean {
        return this.#watched;
    }

    protected override watched(): void {
        this.#watched = true;
    }

    /** Who comes back finds it closed, not as it was: else the end would count as read before it is known what was unread. */
    protected override unwatched(): void {
        this.#watched = false;
        this.#reading = false;
        this.#follow.cancel();
        this.publish({ ...LOADING, turn: ++this.#opening });
    }

    /** Opens at the newest event, or with this event in the middle. */
    async open(eventId: string | null = null): Promise<void> {
        if (eventId !== null && this.getSnapshot().phase === "ready" && this.#contains(eventId)) {
            this.publish({ ...this.getSnapshot(), focus: { eventId, turn: this.#nextTurn() } });
            return;
        }
        await this.#openAt(eventId, this.#read);
    }

    /** Opens anew; `read` says where reading ended, once that is known. */
    async #openAt(eventId: string | null, read: () => string | null): Promise<void> {
        const opening = ++this.#opening;
        this.publish({ ...LOADING, turn: opening, focus: eventId === null ? null : { eventId, turn: this.#nextTurn() } });
        const current = () => opening === this.#opening && !this.#scope.closed;
        try {
            await this.#threadReady();
            if (!current()) return;
            const readUpTo = read();
            await this.#window.load(eventId ?? undefined, PAGE_EVENTS);
            // Without a network there is what there is; the list asks for more once somebody scrolls to its end.
            await this.#fill().catch(() => undefined);
            this.#readUpTo = this.#hasUnread(readUpTo) ? readUpTo : null;
        } catch (error) {
            if (current()) this.publish({ ...this.getSnapshot(), phase: "failed", problem: problemOf(error).code });
            return;
        }
        if (!current()) return;
        this.publish({ ...this.getSnapshot(), phase: "ready" });
        this.#refresh();
    }

    loadOlder(): Promise<void> {
        return this.#load("older");
    }

    loadNewer(): Promise<void> {
        return this.#load("newer");
    }

    /** Goes to the newest event. */
    async toLatest(): Promise<void> {
        if (!this.getSnapshot().live) await this.open();
    }

    /** Goes to where reading ended when the timeline was opened. */
    async toUnread(): Promise<void> {
        const readUpTo = this.#readUpTo;
        // The end has been seen meanwhile, so that everything counts as read; what they go to is where it was.
        if (readUpTo !== null) await this.#openAt(readUpTo, () => readUpTo);
    }

    /** Takes the line of unread messages away. */
    forgetUnread(): void {
        this.#readUpTo = null;
        this.#draw();
    }

    /** Whether somebody looks at the end of the timeline at this moment. What comes meanwhile is read; what comes later is not. */
    reading(now: boolean): void {
        this.#reading = now;
        if (now) void this.#markRead();
    }

    /** Tells the server that everything up to the newest event of the window has been read. */
    async #markRead(): Promise<void> {
        if (!this.getSnapshot().live) return;
        const event = this.#events().findLast((candidate) => !candidate.status);
        const eventId = event?.getId();
        if (!event || !eventId) return;
        this.#lastRead = eventId;
        if (eventId === this.#lastReceipt) return;
        this.#lastReceipt = eventId;
        const open = this.#settings.getSnapshot().readReceipts;
        try {
            await this.#client.sendReadReceipt(event, open ? ReceiptType.Read : ReceiptType.ReadPrivate);
            if (this.threadId === null) await this.#client.setRoomReadMarkers(this.#room.roomId, eventId);
        } catch {
            // Without a network: said again with the next event or focus.
            this.#lastReceipt = null;
        }
    }

    /** The event behind an item, wherever in the room it is. */
    event(eventId: string): MatrixEvent | null {
        const pending = this.#room.getPendingEvents().find((event) => event.getId() === eventId);
        return pending ?? this.#set.findEventById(eventId) ?? this.#room.findEventById(eventId) ?? null;
    }

    close(): void {
        this.#draw.cancel();
        this.#follow.cancel();
        this.#scope.close();
    }

    #thread(threadId: string) {
        const known = this.#room.getThread(threadId);
        if (known) return known;
        const root = this.#room.findEventById(threadId);
        return this.#room.createThread(threadId, root, root ? [root] : [], false);
    }

    /** A thread that the SDK has just heard of fetches its beginning first. */
    async #threadReady(): Promise<void> {
        if (this.threadId === null) return;
        const thread = this.#thread(this.threadId);
        if (thread.initialEventsFetched) return;
        await new Promise<void>((resolve) => {
            const look = () => {
                if (!thread.initialEventsFetched) return;
                thread.off(ThreadEvent.Update, look);
                resolve();
            };
            thread.on(ThreadEvent.Update, look);
            this.#scope.add(() => {
                thread.off(ThreadEvent.Update, look);
                resolve();
            });
        });
    }

    /** A window of events none of which is shown (profile changes, reactions) is widened until it has something. */
    async #fill(): Promise<void> {
        for (let rounds = 0; rounds < EMPTY_PAGES_MAX && this.#items().length < ITEMS_MIN; rounds += 1) {
            if (!this.#window.canPaginate(Direction.Backward)) return;
            await this.#window.paginate(Direction.Backward, PAGE_EVENTS);
        }
    }

    async #load(edge: "older" | "newer"): Promise<void> {
        const state = this.getSnapshot();
        if (state.phase !== "ready" || (state[edge] !== "more" && state[edge] !== "failed")) return;
        this.publish({ ...state, [edge]: "loading" });
        try {
            const direction = edge === "older" ? Direction.Backward : Direction.Forward;
            const shown = this.#items().length;
            // Pages without anything to show are passed over.
            for (let rounds = 0; rounds < EMPTY_PAGES_MAX; rounds += 1) {
                await this.#window.paginate(direction, PAGE_EVENTS);
                if (!this.#window.canPaginate(direction) || this.#items().length > shown) break;
            }
            this.publish({ ...this.getSnapshot(), [edge]: "more" });
            this.#refresh();
        } catch {
            this.publish({ ...this.getSnapshot(), [edge]: "failed" });
        }
    }

    #listen(): void {
        const { roomId } = this.#room;
        const ours = (room: Room | undefined) => room?.roomId === roomId;
        const draw = this.#draw;
        listen(this.#scope, this.#client, RoomEvent.Timeline, (event, room, _atStart, removed, data) => {
            if (!ours(room)) return;
            if (data.liveEvent && !removed && data.timeline.getTimelineSet() === this.#set) this.#arrived(event);
            draw();
        });
        listen(this.#scope, this.#client, RoomEvent.TimelineReset, (room, set, all) => {
            if (!ours(room) || set !== this.#set || this.getSnapshot().phase === "loading") return;
            // After a gap the events before it stay, and the window reaches the new ones by loading forwards; but whoever
            // is looking at the end goes on looking at it.
            if (all || this.#reading) this.#follow();
            else draw();
        });
        listen(this.#scope, this.#client, RoomEvent.LocalEchoUpdated, (event, room, formerId) => {
            if (!ours(room)) return;
            // A new one has no former id; the client puts the room there when it passes the event on.
            if (typeof formerId !== "string") this.#wrote(event);
            draw();
        });
        listen(this.#scope, this.#client, RoomEvent.Redaction, (_, room) => ours(room) && draw());
        listen(this.#scope, this.#client, RoomEvent.RedactionCancelled, (_, room) => ours(room) && draw());
        listen(this.#scope, this.#client, RoomEvent.Receipt, (_, room) => ours(room) && draw());
        listen(this.#scope, this.#client, MatrixEventEvent.Decrypted, (event) => event.getRoomId() === roomId && draw());
        listen(this.#scope, this.#client, MatrixEventEvent.Replaced, (event) => event.getRoomId() === roomId && draw());
        listen(this.#scope, this.#client, RoomStateEvent.Events, (event) => event.getRoomId() === roomId && draw());
        listen(this.#scope, this.#room, ThreadEvent.Update, draw);
        listen(this.#scope, this.#room, ThreadEvent.New, draw);
        listen(this.#scope, this.#room, RoomEvent.UnreadNotifications, draw);
        this.#scope.add(this.#settings.subscribe(draw));
    }

    /** A new event belongs to the window if the one before it does. Whoever does not look finds a line above it. */
    #arrived(event: MatrixEvent): void {
        if (this.getSnapshot().phase === "ready" && this.getSnapshot().live) this.#window.extend(Direction.Forward, PAGE_EVENTS);
        if (event.getSender() !== this.#me && !this.#reading) this.#readUpTo ??= this.#lastRead;
        else if (this.#reading) void this.#markRead();
    }

    /** A message was written on this device: its writer wants to see it, wherever they were reading. */
    #wrote(event: MatrixEvent): void {
        if (!isMessage(event) || (event.threadRootId ?? null) !== this.threadId || !this.#watched) return;
        if (this.getSnapshot().live) this.publish({ ...this.getSnapshot(), written: this.getSnapshot().written + 1 });
        else void this.open();
    }

    /** Whether somebody else has said something after this event, as far as the window shows; if it does not show it: yes. */
    #hasUnread(readUpTo: string | null): boolean {
        const events = this.#events();
        const at = events.findIndex((event) => event.getId() === readUpTo);
        return at < 0 || events.slice(at + 1).some((event) => event.getSender() !== this.#me && isMessage(event));
    }

    #read = (): string | null => {
        if (this.threadId === null) return this.#room.getEventReadUpTo(this.#me);
        return this.#thread(this.threadId).getEventReadUpTo(this.#me);
    };

    #nextTurn(): number {
        return (this.getSnapshot().focus?.turn ?? 0) + 1;
    }

    #pending(): MatrixEvent[] {
        return this.#room
            .getPendingEvents()
            .filter((event) => (event.threadRootId ?? null) === this.threadId && event.status !== EventStatus.CANCELLED);
    }

    #receipts = (event: MatrixEvent): readonly ReadMark[] => {
        const source = this.threadId === null ? this.#room : this.#thread(this.threadId);
        const marks: ReadMark[] = [];
        for (const { userId, data } of source.getReceiptsForEvent(event)) {
            if (userId === this.#me || userId === event.getSender()) continue;
            const member = this.#room.getMember(userId);
            if (member?.membership !== "join") continue;
            marks.push({ id: userId, name: readableName(userId, member.name, this.#me), avatar: member.getMxcAvatarUrl() ?? null, ts: data.ts });
        }
        return marks;
    };

    #quote = (eventId: string): MatrixEvent | null => {
        const here = this.#set.findEventById(eventId) ?? this.#room.findEventById(eventId);
        if (here) return here;
        const fetched = this.#quotes.get(eventId);
        if (fetched instanceof MatrixEvent) return fetched;
        if (fetched === undefined && this.#fetchingQuotes < QUOTES_AT_ONCE_MAX) void this.#fetchQuote(eventId);
        return null;
    };

    async #fetchQuote(eventId: string): Promise<void> {
        this.#quotes.set(eventId, "fetching");
        this.#fetchingQuotes += 1;
        try {
            const raw = await this.#client.fetchRoomEvent(this.#room.roomId, eventId);
            const event = this.#client.getEventMapper()(raw);
            event.setMetadata(stateOf(this.#room), false);
            this.#quotes.set(eventId, event);
        } catch {
            this.#quotes.set(eventId, "missing");
        } finally {
            this.#fetchingQuotes -= 1;
            this.#draw();
        }
    }

    /** The events of the window. One that was just removed leaves a hole until the window has noticed. */
    #events(): MatrixEvent[] {
        const events: (MatrixEvent | undefined)[] = this.#window.getEvents();
        return events.filter((event) => event !== undefined);
    }

    #contains(eventId: string): boolean {
        return this.#events().some((event) => event.getId() === eventId);
    }

    #items(): Item[] {
        const events = this.#events();
        for (const event of events) if (event.shouldAttemptDecryption()) void this.#client.decryptEventIfNeeded(event);
        const live = !this.#window.canPaginate(Direction.Forward);
        return itemsOf({
            room: this.#room,
            set: this.#set,
            me: this.#me,
            events,
            pending: live ? this.#pending() : [],
            complete: !this.#window.canPaginate(Direction.Backward),
            readUpTo: this.#readUpTo,
            inThread: this.threadId,
            showMembership: this.#settings.getSnapshot().membershipEvents,
            quote: this.#quote,
            receipts: this.#receipts,
        });
    }

    #refresh(): void {
        const state = this.getSnapshot();
        if (state.phase !== "ready" || this.#scope.closed) return;
        const older = this.#edge(Direction.Backward, state.older);
        const newer = this.#edge(Direction.Forward, state.newer);
        const items = keepAll(state.items, this.#items(), (item) => item.key);
        const readUpTo = this.#readUpTo;
        const unreadAbove =
            readUpTo !== null && older !== "none" && !this.#contains(readUpTo);
        const next: TimelineState = { ...state, items, older, newer, live: newer === "none", unreadAbove };
        const same = (Object.keys(next) as (keyof TimelineState)[]).every((name) => Object.is(next[name], state[name]));
        if (!same) this.publish(next);
    }

    #edge(direction: Direction, before: Edge): Edge {
        if (!this.#window.canPaginate(direction)) return "none";
        return before === "none" ? "more" : before;
    }
}
