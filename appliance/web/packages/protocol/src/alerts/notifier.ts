//! Which new messages call for attention, and the browser's notifications of them.

import { type MatrixClient, type MatrixEvent, MatrixEventEvent, type Room, RoomEvent } from "matrix-js-sdk/lib/matrix.js";

import type { Scope } from "../base/scope";
import { type Body, bodyOf } from "../content/body";
import { listen } from "../engine/listen";
import type { SettingsStore } from "../settings/settings_store";
import { isMessage, senderOf } from "../timeline/items";

/** Older events were missed, not new: nobody wants yesterday's notifications in the morning. */
const AGE_MS_MAX = 60_000;

/** Events whose keys are still on their way, remembered until they can be judged. */
const UNDECIDED_MAX = 100;

export interface Alert {
    readonly roomId: string;
    readonly eventId: string;
    readonly threadId: string | null;
    readonly roomName: string;
    readonly direct: boolean;
    readonly senderName: string;
    readonly body: Body;
    readonly mention: boolean;
}

export interface AlertPage {
    /** Whether the user is looking at this room right now. */
    isOpen(roomId: string, threadId: string | null): boolean;
    /** Shows the notification. */
    show(alert: Alert): void;
    /** Messages of the room have been read: its notifications go away. */
    clear(roomId: string): void;
}

export class Notifier {
    readonly #client: MatrixClient;
    readonly #settings: SettingsStore;
    readonly #undecided = new Map<string, MatrixEvent>();
    #page: AlertPage | null = null;

    constructor(client: MatrixClient, settings: SettingsStore, scope: Scope) {
        this.#client = client;
        this.#settings = settings;
        listen(scope, client, RoomEvent.Timeline, (event, room, atStart, removed, data) => {
            if (room && data.liveEvent && !atStart && !removed) this.#look(event, room);
        });
        listen(scope, client, MatrixEventEvent.Decrypted, (event) => {
            const room = client.getRoom(event.getRoomId());
            if (room && this.#undecided.delete(event.getId() ?? "")) this.#look(event, room);
        });
        listen(scope, client, RoomEvent.Receipt, (_, room) => {
            if (room.getUnreadNotificationCount() === 0) this.#page?.clear(room.roomId);
        });
    }

    /** The page that shows notifications and knows what is on the screen. */
    attach(page: AlertPage | null): void {
        this.#page = page;
    }

    #look(event: MatrixEvent, room: Room): void {
        const eventId = event.getId();
        if (!this.#page || !eventId || event.getSender() === this.#client.getUserId() || event.status) return;
        if (Date.now() - event.getTs() > AGE_MS_MAX) return;
        if (event.isBeingDecrypted() || event.shouldAttemptDecryption()) return this.#wait(eventId, event);
        const actions = this.#client.getPushActionsForEvent(event);
        if (!actions?.notify || !isMessage(event)) return;
        const threadId = event.threadRootId ?? null;
        if (this.#page.isOpen(room.roomId, threadId)) return;
        if (!this.#settings.getSnapshot().notifications || this.#settings.quiet(Date.now())) return;
        this.#page.show({
            roomId: room.roomId,
            eventId,
            threadId,
            roomName: room.name,
            direct: room.getInvitedAndJoinedMemberCount() <= 2,
            senderName: senderOf(event, this.#client.getSafeUserId()).name,
            body: bodyOf(event),
            mention: actions.tweaks.highlight === true,
        });
    }

    #wait(eventId: string, event: MatrixEvent): void {
        const oldest = this.#undecided.keys().next();
        if (this.#undecided.size >= UNDECIDED_MAX && !oldest.done) this.#undecided.delete(oldest.value);
        this.#undecided.set(eventId, event);
        void this.#client.decryptEventIfNeeded(event);
    }
}
