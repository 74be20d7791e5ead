//! A running session: the SDK's client, and the stores that pages read. Made by `startEngine`, ended by `stop`.

import {
    ClientEvent,
    HttpApiEvent,
    type ICreateClientOpts,
    type MatrixClient,
    type MatrixEvent,
    PendingEventOrdering,
    type Room,
    type RoomNameState,
    RoomNameType,
    SetPresence,
    SyncState,
    createClient,
} from "matrix-js-sdk/lib/matrix.js";
import { type CryptoApi, EventShieldColour, EventShieldReason } from "matrix-js-sdk/lib/crypto-api/index.js";
import { Notifier } from "../alerts/notifier";
import { hasErrcode } from "../base/errcode";
import { Problem } from "../base/problem";
import { Scope } from "../base/scope";
import { Calls } from "../calls/calls";
import { ComposerStore } from "../composer/composer_store";
import { Drafts, draftKey } from "../composer/drafts";
import { MediaStore, authenticatedFetch } from "../content/media_store";
import { Offline } from "../offline/offline";
import { PollStore } from "../content/poll_store";
import { UploadStore } from "../content/upload_store";
import { DevicesStore } from "../crypto/devices_store";
import { EncryptionStore, SecretKeys } from "../crypto/encryption_store";
import { VerificationStore, verificationMethods } from "../crypto/verification_store";
import { AccountStore } from "../people/account_store";
import { isGuest, readableName } from "../people/names";
import { People } from "../people/people_store";
import { LobbyStore, MeetingLinks } from "../meetings/links";
import { RoomActions } from "../rooms/actions";
import { ListKeeper, type ListSnapshot } from "../rooms/list_snapshot";
import { MembersStore } from "../rooms/members_store";
import { RoomListStore } from "../rooms/room_list_store";
import { RoomStore } from "../rooms/room_store";
import type { Session, SessionKeeper } from "../session/session_keeper";
import { SearchStore } from "../search/search_store";
import type { EngineHooks, RunningEngine } from "../session/session_store";
import type { SettingsStore } from "../settings/settings_store";
import { ThreadListStore } from "../timeline/thread_list_store";
import { TimelineStore } from "../timeline/timeline_store";
import { ConnectionStore } from "./connection_store";
import { listen } from "./listen";
import { quietLogger } from "./logger";

/** Events of each room in the first answer: enough for a preview and a first screen. */
const FIRST_SYNC_EVENTS = 20;

/** Timelines kept open behind the one that is shown. */
const TIMELINES_MAX = 12;

/** Words for rooms that have no name of their own. */
export interface RoomNames {
    empty(former: string | null): string;
    people(names: readonly string[], others: number): string;
}

export interface EngineOptions {
    readonly settings: SettingsStore;
    readonly roomNames: RoomNames;
    /** What is shown meanwhile. */
    readonly list: ListSnapshot | null;
}

/** How far a message's origin can be believed. */
export interface Shield {
    readonly color: "grey" | "red";
    readonly reason: ShieldReason;
}

/** Reasons that the SDK no longer gives are left out: they become `unknown`. */
const SHIELD_REASONS = {
    [EventShieldReason.UNKNOWN]: "unknown",
    [EventShieldReason.UNVERIFIED_IDENTITY]: "unverifiedIdentity",
    [EventShieldReason.UNSIGNED_DEVICE]: "unsignedDevice",
    [EventShieldReason.UNKNOWN_DEVICE]: "unknownDevice",
    [EventShieldReason.AUTHENTICITY_NOT_GUARANTEED]: "authenticity",
    [EventShieldReason.VERIFICATION_VIOLATION]: "identityChanged",
    [EventShieldReason.MISMATCHED_SENDER]: "mismatchedSender",
} as const satisfies Partial<Record<EventShieldReason, string>>;

type ShieldReason = (typeof SHIELD_REASONS)[keyof typeof SHIELD_REASONS];

interface EngineParts {
    readonly client: MatrixClient;
    readonly crypto: CryptoApi;
    readonly secrets: SecretKeys;
    readonly offline: Offline;
    readonly settings: SettingsStore;
    readonly scope: Scope;
    readonly list: ListSnapshot | null;
}

export class Engine implements RunningEngine {
    readonly me: string;
    readonly domain: string;
    /** I have come by a link, and may be in one room only. */
    readonly guest: boolean;
    readonly connection: ConnectionStore;
    readonly rooms: RoomListStore;
    readonly actions: RoomActions;
    readonly people: People;
    readonly account: AccountStore;
    readonly encryption: EncryptionStore;
    readonly verification: VerificationStore;
    readonly devices: DevicesStore;
    readonly media: MediaStore;
    readonly uploads: UploadStore;
    readonly notifier: Notifier;
    readonly search: SearchStore;
    readonly calls: Calls;
    readonly meetings: MeetingLinks;
    readonly drafts: Drafts;
    readonly settings: SettingsStore;
    readonly #client: MatrixClient;
    readonly #crypto: CryptoApi;
    readonly #scope: Scope;
    readonly #offline: Offline;
    readonly #list: ListKeeper;
    readonly #roomStores = new Map<string, RoomStore>();
    readonly #memberStores = new Map<string, MembersStore>();
    readonly #threadLists = new Map<string, ThreadListStore>();
    readonly #timelines = new Map<string, TimelineStore>();
    readonly #composers = new Map<string, ComposerStore>();
    readonly #polls = new Map<string, PollStore>();
    readonly #lobbies = new Map<string, LobbyStore>();
    readonly #fetched = new Map<string, Promise<MatrixEvent | null>>();

    constructor(parts: EngineParts) {
        const { client, crypto, secrets, offline, settings, scope, list } = parts;
        this.#client = client;
        this.#crypto = crypto;
        this.#scope = scope;
        this.#offline = offline;
        this.settings = settings;
        this.me = client.getSafeUserId();
        this.domain = client.getDomain() ?? "";
        this.guest = isGuest(this.me, this.me);
        this.connection = new ConnectionStore(client, offline.outbox, scope);
        this.rooms = new RoomListStore(client, scope, settings.getSnapshot().space, list?.rooms.byId ?? new Map());
        this.actions = new RoomActions(client, offline.outbox, (roomId) => this.#roomStores.get(roomId)?.refresh());
        this.people = new People(client);
        this.account = new AccountStore(client, scope, list?.me ?? null);
        this.#list = new ListKeeper(offline.records, this.account, this.rooms, scope);
        this.encryption = new EncryptionStore(client, crypto, secrets, scope);
        this.verification = new VerificationStore(client, crypto, scope);
        this.devices = new DevicesStore(client, crypto);
        this.media = new MediaStore(offline.files(authenticatedFetch(client)));
        this.uploads = new UploadStore(client, offline.outbox);
        this.notifier = new Notifier(client, settings, scope);
        this.drafts = new Drafts(offline.records);
        this.search = new SearchStore(client, offline.records, this.connection, scope);
        this.calls = new Calls(client, scope);
        this.meetings = new MeetingLinks(client);
        listen(scope, client, ClientEvent.DeleteRoom, (roomId) => {
            this.#forgetRoom(roomId);
        });
        scope.add(
            this.connection.subscribe(() => {
                // What could not be found out without a network is found out with one.
                const online = this.connection.getSnapshot().state === "online";
                if (online && this.encryption.getSnapshot().need === "checking") void this.encryption.look();
                if (online) void this.calls.look();
            }),
        );
    }

    /** Whether the user is there; others see it. */
    setActive(active: boolean): void {
        this.#client.setSyncPresence(active ? SetPresence.Online : SetPresence.Unavailable).catch(() => undefined);
    }

    /** Whether this account is in the room, invited or has been. */
    hasRoom(roomId: string): boolean {
        return this.#client.getRoom(roomId) !== null;
    }

    room(roomId: string): RoomStore {
        return kept(this.#roomStores, roomId, () => new RoomStore(this.#client, this.#room(roomId), (...at) => this.#fetch(...at)));
    }

    members(roomId: string): MembersStore {
        return kept(this.#memberStores, roomId, () => new MembersStore(this.#client, this.#room(roomId)));
    }

    /** Those at the room's door. */
    lobby(roomId: string): LobbyStore {
        return kept(this.#lobbies, roomId, () => new LobbyStore(this.#client, roomId));
    }

    threads(roomId: string): ThreadListStore {
        return kept(this.#threadLists, roomId, () => new ThreadListStore(this.#client, this.#room(roomId)));
    }

    timeline(roomId: string, threadId: string | null = null): TimelineStore {
        const key = draftKey(roomId, threadId);
        const known = this.#timelines.get(key);
        // Used last, dropped last.
        this.#timelines.delete(key);
        const timeline = known ?? new TimelineStore(this.#client, this.#room(roomId), this.settings, threadId);
        this.#timelines.set(key, timeline);
        if (this.#timelines.size > TIMELINES_MAX) this.#dropTimeline();
        return timeline;
    }

    composer(roomId: string, threadId: string | null = null): ComposerStore {
        return kept(this.#composers, draftKey(roomId, threadId), () => {
            const room = this.#room(roomId);
            const find = (eventId: string) => this.event(roomId, eventId);
            return new ComposerStore({ client: this.#client, room, drafts: this.drafts, settings: this.settings, threadId, find });
        });
    }

    poll(roomId: string, pollId: string): PollStore {
        return kept(this.#polls, `${roomId} ${pollId}`, () => new PollStore(this.#client, this.#room(roomId), pollId));
    }

    /** An event that is loaded. */
    event(roomId: string, eventId: string): MatrixEvent | null {
        const room = this.#client.getRoom(roomId);
        const pending = room?.getPendingEvents().find((event) => event.getId() === eventId);
        return pending ?? room?.findEventById(eventId) ?? null;
    }

    /** The thread that an event is in, asked of the server if it is not loaded; `missing` if there is no such event for us. */
    async threadOf(roomId: string, eventId: string): Promise<{ readonly threadId: string | null } | "missing"> {
        const event = this.event(roomId, eventId) ?? (await this.#fetch(roomId, eventId));
        if (!event) return "missing";
        const threadId = event.threadRootId ?? null;
        return { threadId: threadId === eventId ? null : threadId };
    }

    /** What is to be said about a message's encryption; null: nothing. */
    async shield(roomId: string, eventId: string): Promise<Shield | null> {
        const event = this.event(roomId, eventId);
        if (!event?.isEncrypted()) return null;
        const info = await this.#crypto.getEncryptionInfoForEvent(event);
        if (!info || info.shieldColour === EventShieldColour.NONE) return null;
        const reasons: Partial<Record<EventShieldReason, ShieldReason>> = SHIELD_REASONS;
        const reason = reasons[info.shieldReason ?? EventShieldReason.UNKNOWN] ?? "unknown";
        return { color: info.shieldColour === EventShieldColour.RED ? "red" : "grey", reason };
    }

    /** The source of an event, for those who look for a fault. */
    source(roomId: string, eventId: string): string {
        const event = this.event(roomId, eventId);
        return event ? JSON.stringify(event.getEffectiveEvent(), null, 2) : "";
    }

    /** The first sync is in. */
    opened(): void {
        // It may have been chosen while everything was starting.
        this.rooms.setSpace(this.settings.getSnapshot().space);
        this.rooms.opened();
        this.account.refresh();
        void this.account.load();
        void this.encryption.look();
        void this.search.begin();
        void this.#offline.outbox.sweep().catch(() => undefined);
        this.calls.opened();
    }

    async stop(): Promise<void> {
        this.notifier.attach(null);
        await this.calls.leave();
        for (const composer of this.#composers.values()) await composer.flush();
        for (const timeline of this.#timelines.values()) timeline.close();
        this.uploads.close();
        await this.#list.close();
        await this.search.close();
        this.#scope.close();
        await this.#client.store.save(true).catch(() => undefined);
        this.#client.stopClient();
        await this.#client.store.destroy();
        await this.#offline.close();
        this.media.close();
    }

    /** A room that is entered again later is another object of the SDK. */
    #forgetRoom(roomId: string): void {
        for (const stores of [this.#roomStores, this.#memberStores, this.#threadLists, this.#lobbies]) stores.delete(roomId);
        for (const [key, timeline] of this.#timelines) {
            if (timeline.roomId !== roomId) continue;
            timeline.close();
            this.#timelines.delete(key);
        }
        for (const stores of [this.#composers, this.#polls, this.#fetched]) {
            for (const key of stores.keys()) if (key.startsWith(`${roomId} `)) stores.delete(key);
        }
    }

    #dropTimeline(): void {
        for (const [key, timeline] of this.#timelines) {
            if (timeline.inUse) continue;
            timeline.close();
            this.#timelines.delete(key);
            return;
        }
    }

    #fetch(roomId: string, eventId: string): Promise<MatrixEvent | null> {
        return kept(this.#fetched, `${roomId} ${eventId}`, async () => {
            try {
                const raw = await this.#client.fetchRoomEvent(roomId, eventId);
                const event = this.#client.getEventMapper()(raw);
                await this.#client.decryptEventIfNeeded(event);
                return event;
            } catch {
                return null;
            }
        });
    }

    #room(roomId: string): Room {
        const room = this.#client.getRoom(roomId);
        if (!room) throw new Problem("notFound");
        return room;
    }
}

function kept<V>(map: Map<string, V>, key: string, make: () => V): V {
    const known = map.get(key);
    if (known !== undefined) return known;
    const made = make();
    map.set(key, made);
    return made;
}

function nameOf(names: RoomNames, state: RoomNameState, me: string): string | null {
    const readable = (name: string) => readableName(name, null, me);
    switch (state.type) {
        case RoomNameType.Actual:
            return state.name;
        case RoomNameType.EmptyRoom:
            return names.empty(state.oldName === undefined ? null : readable(state.oldName));
        case RoomNameType.Generated:
            return names.people(state.names.map(readable), Math.max(0, state.count - state.names.length - 1));
    }
}

/** Resolves with the first sync, or with what was stored of an earlier session. */
function firstSync(client: MatrixClient): Promise<void> {
    return new Promise((resolve, reject) => {
        const look = (state: SyncState, _: SyncState | null, data?: { error?: Error }) => {
            const lost = state === SyncState.Error && hasErrcode(data?.error, "M_UNKNOWN_TOKEN");
            if (!lost && state !== SyncState.Prepared && state !== SyncState.Syncing) return;
            client.off(ClientEvent.Sync, look);
            if (lost) reject(new Problem("sessionEnded"));
            else resolve();
        };
        client.on(ClientEvent.Sync, look);
    });
}

/** Waits for the end of both, however one of them ends: what is to be put away must not be still on its way. */
async function both(...works: readonly Promise<void>[]): Promise<void> {
    for (const result of await Promise.allSettled(works)) if (result.status === "rejected") throw result.reason;
}

/** Opens a session: its stores, its keys, its first sync. Throws what keeps it from starting. */
export async function startEngine(
    session: Session,
    keeper: SessionKeeper,
    hooks: EngineHooks,
    { settings, roomNames, list }: EngineOptions,
): Promise<Engine> {
    hooks.onStep("stores");
    const scope = new Scope();
    const secrets = new SecretKeys();
    const offline = new Offline(keeper.records);
    const { store } = offline;
    const options: ICreateClientOpts = {
        baseUrl: session.baseUrl,
        userId: session.userId,
        deviceId: session.deviceId,
        accessToken: session.accessToken,
        store,
        fetchFn: offline.fetch,
        timelineSupport: true,
        cryptoCallbacks: secrets.callbacks,
        verificationMethods: verificationMethods("mediaDevices" in navigator),
        disableVoip: true,
        logger: quietLogger,
        roomNameGenerator: (_, state) => nameOf(roomNames, state, session.userId),
    };
    const client = createClient(options);
    offline.outbox.attach(client, scope);
    listen(scope, client, ClientEvent.Sync, (_, __, data) => {
        if (hasErrcode(data?.error, "M_USER_LOCKED")) hooks.onEnded("locked");
    });
    listen(scope, client, HttpApiEvent.SessionLoggedOut, (error) => {
        hooks.onEnded(error.data.soft_logout === true ? "expired" : "gone");
    });
    try {
        await both(
            store.startup().then(() => hooks.onStep("keys")),
            client.initRustCrypto({ cryptoDatabasePrefix: keeper.cryptoPrefix, storageKey: session.storageKey }),
        );
        const crypto = client.getCrypto();
        if (!crypto) throw new Problem("storage");
        hooks.onStep("sync");
        const engine = new Engine({ client, crypto, secrets, offline, settings, scope, list });
        const synced = firstSync(client);
        await client.startClient({
            initialSyncLimit: FIRST_SYNC_EVENTS,
            lazyLoadMembers: true,
            pendingEventOrdering: PendingEventOrdering.Detached,
            threadSupport: true,
        });
        await synced;
        engine.opened();
        return engine;
    } catch (error) {
        scope.close();
        client.stopClient();
        await store.destroy();
        await offline.close();
        throw error;
    }
}
