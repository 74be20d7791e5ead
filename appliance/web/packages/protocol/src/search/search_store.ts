//! Searching in the messages that are on this device. What comes, what is decrypted, edited and deleted keeps the index true.

import { type MatrixClient, type MatrixEvent, MatrixEventEvent, type Room, RoomEvent } from "matrix-js-sdk/lib/matrix.js";
import type { Scope } from "../base/scope";
import { Store } from "../base/store";
import { type Body, bodyOf, plainText } from "../content/body";
import type { ConnectionStore } from "../engine/connection_store";
import { listen } from "../engine/listen";
import type { Records } from "../offline/records";
import { readableName } from "../people/names";
import { isMessage } from "../timeline/items";
import { Crawler } from "./crawler";
import { DocStore } from "./doc_store";
import { type Doc, type DocKind, type Piece, type SearchQuery, snippet } from "./index";

/** Results that are shown at once. */
const RESULTS_MAX = 100;
const SNIPPET_CHARS = 180;

export interface SearchState {
    /** `loading`: what was indexed before is being read; `indexing`: older history is being fetched. */
    readonly phase: "loading" | "indexing" | "ready";
    /** Rooms that are read as far back as they are to be, of all. */
    readonly done: number;
    readonly total: number;
    /** Messages that can be found. */
    readonly messages: number;
}

export interface SearchHit {
    readonly eventId: string;
    readonly roomId: string;
    readonly threadId: string | null;
    readonly sender: { readonly id: string; readonly name: string; readonly avatar: string | null };
    readonly ts: number;
    readonly kind: DocKind;
    readonly pieces: readonly Piece[];
}

export interface SearchResult {
    readonly hits: readonly SearchHit[];
    readonly total: number;
}

const KINDS: Partial<Record<Body["kind"], DocKind>> = {
    text: "text",
    location: "text",
    image: "picture",
    video: "picture",
    sticker: "picture",
    file: "file",
    audio: "voice",
    poll: "poll",
};

/** The words of a message: of a file its name and what was written under it. */
function wordsOf(body: Body): string {
    if (body.kind === "poll") return [body.question, ...body.answers.map(({ text }) => text)].join("\n");
    if ("source" in body) return [body.name, body.caption].filter((part) => part !== null).join("\n");
    return plainText(body);
}

/** The message as it is searched; null if there is nothing to find it by. */
function docOf(event: MatrixEvent): Doc | null {
    const [id, roomId] = [event.getId(), event.getRoomId()];
    if (!id || !roomId || id.startsWith("~") || event.status || !isMessage(event)) return null;
    const body = bodyOf(event);
    const kind = KINDS[body.kind];
    if (!kind) return null;
    const threadId = event.threadRootId ?? null;
    return { id, roomId, threadId: threadId === id ? null : threadId, sender: event.getSender() ?? "", ts: event.getTs(), kind, text: wordsOf(body) };
}

export class SearchStore extends Store<SearchState> {
    readonly #client: MatrixClient;
    readonly #docs: DocStore;
    readonly #connection: ConnectionStore;
    readonly #crawler: Crawler;
    readonly #scope: Scope;
    /** What was indexed before has been read; until then nothing is written over it. */
    #loaded = false;

    constructor(client: MatrixClient, records: Records, connection: ConnectionStore, scope: Scope) {
        super({ phase: "loading", done: 0, total: 0, messages: 0 });
        this.#client = client;
        this.#connection = connection;
        this.#scope = scope;
        this.#docs = new DocStore(records);
        const events = {
            onEvents: (page: readonly MatrixEvent[]) => this.#takeAll(page),
            onProgress: (done: number, total: number) => {
                this.#tell({ phase: done < total ? "indexing" : "ready", done, total });
            },
        };
        this.#crawler = new Crawler(client, records, events, () => connection.getSnapshot().state !== "online");
        this.#listen();
    }

    /** Reads the index and brings it up to date with the rooms; then goes back in their history, bit by bit. */
    async begin(): Promise<void> {
        await this.#docs.load().catch(() => undefined);
        this.#loaded = true;
        this.#tell({ phase: "ready" });
        for (const room of this.#client.getRooms()) await this.#takeAll(room.getLiveTimeline().getEvents());
        const goOn = () => {
            if (this.#connection.getSnapshot().state === "online") void this.#crawler.run();
        };
        this.#scope.add(this.#connection.subscribe(goOn));
        goOn();
    }

    /** Messages that fit, the newest first. */
    search(query: SearchQuery): SearchResult {
        const { docs, total, words } = this.#docs.index.search(query, RESULTS_MAX);
        return { total, hits: docs.map((doc) => this.#hit(doc, words)) };
    }

    async close(): Promise<void> {
        this.#crawler.stop();
        await this.#docs.flush();
    }

    #listen(): void {
        const scope = this.#scope;
        const client = this.#client;
        listen(scope, client, RoomEvent.Timeline, (event, _room, _atStart, removed) => {
            if (!removed) void this.#take(event);
        });
        listen(scope, client, MatrixEventEvent.Decrypted, (event) => this.#index(event));
        listen(scope, client, MatrixEventEvent.Replaced, (event) => this.#index(event));
        listen(scope, client, RoomEvent.LocalEchoUpdated, (event) => this.#index(event));
        listen(scope, client, RoomEvent.Redaction, (event) => {
            const target = event.event.redacts ?? (event.getContent().redacts as string | undefined);
            if (target !== undefined) this.#remove(target);
        });
        listen(scope, client, RoomEvent.MyMembership, (room, membership) => {
            if (membership === "leave" || membership === "ban") this.#forget(room);
        });
    }

    /** Takes events in, a few at a time, so that the page stays quick. */
    async #takeAll(events: readonly MatrixEvent[]): Promise<void> {
        for (const event of events) {
            // It need not be decrypted for what is known of it; edits and deletions are events of their own.
            const known = event.shouldAttemptDecryption() && this.#docs.has(event.getId() ?? "");
            if (!known) await this.#take(event);
        }
    }

    async #take(event: MatrixEvent): Promise<void> {
        if (!this.#loaded || this.#scope.closed) return;
        if (event.shouldAttemptDecryption()) await this.#client.decryptEventIfNeeded(event).catch(() => undefined);
        this.#index(event);
    }

    #index(event: MatrixEvent): void {
        if (!this.#loaded || this.#scope.closed) return;
        if (event.isRelation("m.replace")) {
            this.#edit(event);
            return;
        }
        if (event.isRedacted()) {
            this.#remove(event.getId() ?? "");
            return;
        }
        const doc = docOf(event);
        if (doc && this.#docs.put(doc)) this.#tell({});
    }

    /** A message may be edited whose first text is not loaded. */
    #edit(edit: MatrixEvent): void {
        const known = this.#docs.index.get(edit.getRelation()?.event_id ?? "");
        const content: unknown = edit.getContent()["m.new_content"];
        if (known?.sender !== edit.getSender() || edit.status || edit.isRedacted() || known?.kind !== "text") return;
        const text: unknown = (content as { body?: unknown } | undefined)?.body;
        if (typeof text !== "string") return;
        // An older one must not win over a newer one; the SDK knows which is which where the message itself is loaded.
        const loaded = this.#client.getRoom(known.roomId)?.findEventById(known.id);
        if (loaded) this.#index(loaded);
        else if (this.#docs.put({ ...known, text })) this.#tell({});
    }

    #remove(id: string): void {
        if (!this.#loaded) return;
        this.#docs.remove(id);
        this.#tell({});
    }

    #forget(room: Room): void {
        this.#docs.removeRoom(room.roomId);
        this.#tell({});
    }

    #hit(doc: Doc, words: ReadonlySet<string>): SearchHit {
        const member = this.#client.getRoom(doc.roomId)?.getMember(doc.sender);
        const name = readableName(doc.sender, member?.name, this.#client.getSafeUserId());
        return {
            eventId: doc.id,
            roomId: doc.roomId,
            threadId: doc.threadId,
            sender: { id: doc.sender, name, avatar: member?.getMxcAvatarUrl() ?? null },
            ts: doc.ts,
            kind: doc.kind,
            pieces: snippet(doc.text, words, SNIPPET_CHARS),
        };
    }

    #tell(part: Partial<SearchState>): void {
        this.publish({ ...this.getSnapshot(), ...part, messages: this.#docs.index.size });
    }
}
