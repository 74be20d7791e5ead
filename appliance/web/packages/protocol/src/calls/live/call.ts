//! A call that this page is in: its connection to the SFU, its membership of the room's call, and what people see of both.

import { ConnectionState, type LocalVideoTrack, type RemoteTrack, type Room as SfuRoom, RoomEvent as SfuEvent, Track, type VideoCaptureOptions, isE2EESupported } from "livekit-client";
import { type MatrixClient, type MatrixEvent, MatrixEventEvent, type Room, RoomEvent } from "matrix-js-sdk/lib/matrix.js";
import { type MatrixRTCSession, MatrixRTCSessionEvent } from "matrix-js-sdk/lib/matrixrtc/MatrixRTCSession.js";
import { coalesced } from "../../base/coalesce";
import { keep, keepAll } from "../../base/equal";
import { Scope } from "../../base/scope";
import { Store } from "../../base/store";
import { listen } from "../../engine/listen";
import { quietLogger } from "../../engine/logger";
import { isGuest, readableName } from "../../people/names";
import { blurOf, blurred } from "../background";
import type { CallWish } from "../calls";
import { type DeviceProblem, deviceProblem } from "../device_problem";
import { type PassingReaction, declinedBy } from "../events";
import { Announcement } from "./announcement";
import { Hands } from "./hands";
import { MediaKeys } from "./media_keys";
import { mayModerate, muteTrack, removeFromCall } from "./moderation";
import { type Beside, type Participant, participantsOf } from "./participants";
import { type CallProblem, endProblem, joinProblem } from "./problems";
import { SCREEN, makeRoom } from "./sfu_room";
import { type Ticket, fetchTicket } from "./ticket";

/** Who speaks changes several times a second. */
const DRAW_DELAY_MS = 60;
/** A server that does not answer does not keep anybody in a call: it lets him leave by itself soon after. */
const LEAVE_MS_MAX = 5_000;

export interface CallState {
    readonly phase: "connecting" | "connected" | "reconnecting" | "ended";
    /** Why it ended; null: it did not, or I have left. */
    readonly problem: CallProblem | null;
    /** A device that could not be used; until it is told that this was read. */
    readonly deviceProblem: DeviceProblem | null;
    readonly encrypted: boolean;
    readonly participants: readonly Participant[];
    readonly microphone: boolean;
    readonly camera: boolean;
    /** Whether the camera blurs what is behind me; null: this one has no such switch, or is off. */
    readonly blur: boolean | null;
    readonly screen: boolean;
    readonly hand: boolean;
    /** Those who were called and do not come. */
    readonly declined: readonly string[];
    /** The browser plays no sound before somebody has pressed something. */
    readonly silenced: boolean;
}

interface CallParts {
    readonly client: MatrixClient;
    readonly room: Room;
    readonly session: MatrixRTCSession;
    readonly wish: CallWish;
    readonly notification: "ring" | "notification";
}

export class Call extends Store<CallState> {
    readonly roomId: string;
    readonly #parts: CallParts;
    readonly #identity: string;
    readonly #keys: MediaKeys | null;
    readonly #sfu: SfuRoom;
    readonly #hands: Hands;
    readonly #scope = new Scope();
    readonly #draw = coalesced(DRAW_DELAY_MS, () => this.#refresh());
    #ticket: Ticket | null = null;
    /** The event that calls the others, of which they may decline. */
    #noticeId: string | null = null;
    #ended = false;
    #blur: boolean;

    constructor(parts: CallParts) {
        const { client, room, wish } = parts;
        const encrypted = room.hasEncryptionStateEvent();
        super({
            phase: "connecting",
            problem: null,
            deviceProblem: null,
            encrypted,
            participants: [],
            microphone: false,
            camera: false,
            blur: null,
            screen: false,
            hand: false,
            declined: [],
            silenced: false,
        });
        this.roomId = room.roomId;
        this.#parts = parts;
        this.#identity = `${client.getSafeUserId()}:${client.getDeviceId() ?? ""}`;
        this.#blur = wish.blur;
        this.#keys = encrypted ? new MediaKeys() : null;
        this.#sfu = makeRoom(wish, this.#keys);
        this.#hands = new Hands(client, room, this.#scope, this.#draw);
        this.#listen();
        listen(this.#scope, room, RoomEvent.Timeline, (event) => this.#declined(event));
        listen(this.#scope, client, MatrixEventEvent.Decrypted, (event) => this.#declined(event));
    }

    /** Joins; what goes wrong is told by the state. */
    async begin(): Promise<void> {
        const { client, room, session, wish } = this.#parts;
        try {
            // Without this a call of an encrypted room could be heard by the server: then there is none.
            if (this.#keys && !isE2EESupported()) {
                await this.#end("unsupported");
                return;
            }
            this.#ticket = await fetchTicket(client, room.roomId);
            if (this.#ended) return;
            if (this.#keys) await this.#sfu.setE2EEEnabled(true);
            this.#announce(this.#ticket);
            const connected = this.#sfu.connect(this.#ticket.url, this.#ticket.jwt);
            // Devices take a while to open: they do so while the connection is made, and are sent once it is there.
            const used = Promise.all([wish.microphone && this.setMicrophone(true), wish.camera && this.setCamera(true)]);
            await connected;
            this.#hands.begin(session.memberships.map(({ eventId }) => eventId));
            this.#draw();
            await used;
        } catch (error) {
            quietLogger.warn("the call could not be joined", error);
            await this.#end(joinProblem(error));
        }
    }

    async leave(): Promise<void> {
        await this.#end(null);
    }

    async setMicrophone(on: boolean): Promise<void> {
        await this.#use("microphone", () => this.#sfu.localParticipant.setMicrophoneEnabled(on));
    }

    async setCamera(on: boolean): Promise<void> {
        await this.#use("camera", () => this.#sfu.localParticipant.setCameraEnabled(on));
        this.#lookBehind();
    }

    /** Opens the camera anew, which blurs what is behind me from now on, or does not. */
    async setBlur(on: boolean): Promise<void> {
        this.#blur = on;
        const options: VideoCaptureOptions & { backgroundBlur?: boolean } = { ...this.#sfu.options.videoCaptureDefaults };
        delete options.backgroundBlur;
        Object.assign(options, blurred(on));
        this.#sfu.options.videoCaptureDefaults = options;
        const camera = this.#cameraTrack();
        if (camera) await this.#use("camera", () => camera.restartTrack(options));
        this.#lookBehind();
    }

    async setScreen(on: boolean): Promise<void> {
        await this.#use("screen", () => this.#sfu.localParticipant.setScreenShareEnabled(on, on ? SCREEN : undefined));
    }

    /** Uses another device from now on. */
    async switchDevice(kind: MediaDeviceKind, deviceId: string): Promise<void> {
        const device = ({ audioinput: "microphone", videoinput: "camera", audiooutput: "speaker" } as const)[kind];
        await this.#use(device, () => this.#sfu.switchActiveDevice(kind, deviceId));
        if (kind === "videoinput") this.#lookBehind();
    }

    async setHand(raised: boolean): Promise<void> {
        const mine = this.#membershipId();
        if (mine !== null) await (raised ? this.#hands.raise(mine) : this.#hands.lower(mine));
    }

    async react(reaction: PassingReaction): Promise<void> {
        const mine = this.#membershipId();
        if (mine !== null) await this.#hands.react(mine, reaction);
    }

    /** Mutes somebody for everybody. */
    async mute(identity: string): Promise<void> {
        const sid = this.#sfu.remoteParticipants.get(identity)?.getTrackPublication(Track.Source.Microphone)?.trackSid;
        if (sid !== undefined) await muteTrack(this.#parts.client, this.roomId, identity, sid);
    }

    /** Takes somebody out of the call. */
    async remove(identity: string): Promise<void> {
        await removeFromCall(this.#parts.client, this.roomId, identity);
    }

    /** After a press: plays what the browser has held back. */
    async unsilence(): Promise<void> {
        await this.#sfu.startAudio();
        this.#draw();
    }

    /** What was said about a device has been read. */
    dismissDeviceProblem(): void {
        this.publish({ ...this.getSnapshot(), deviceProblem: null });
    }

    #announce({ transport }: Ticket): void {
        const { client, session, wish, notification } = this.#parts;
        const config = { notificationType: notification, callIntent: wish.intent, manageMediaKeys: this.#keys !== null };
        const failed = (problem: CallProblem) => void this.#end(problem);
        new Announcement({ client, session, scope: this.#scope, transport, config, identity: this.#identity, failed });
    }

    #listen(): void {
        const { session } = this.#parts;
        const sfu = this.#sfu;
        for (const event of [
            SfuEvent.ParticipantConnected, SfuEvent.ParticipantDisconnected, SfuEvent.TrackPublished, SfuEvent.TrackUnpublished,
            SfuEvent.TrackMuted, SfuEvent.TrackUnmuted, SfuEvent.LocalTrackPublished, SfuEvent.LocalTrackUnpublished,
            SfuEvent.TrackStreamStateChanged, SfuEvent.ConnectionQualityChanged, SfuEvent.ActiveSpeakersChanged, SfuEvent.ConnectionStateChanged, SfuEvent.AudioPlaybackStatusChanged,
        ] as const) sfu.on(event, this.#draw);
        sfu.on(SfuEvent.TrackSubscribed, (track) => this.#play(track));
        sfu.on(SfuEvent.TrackUnsubscribed, (track) => this.#stop(track));
        sfu.on(SfuEvent.Disconnected, (reason) => void this.#end(endProblem(reason)));
        this.#scope.add(() => sfu.removeAllListeners());
        const keyed = (key: Uint8Array<ArrayBuffer>, index: number, _: unknown, identity: string) => {
            void this.#keys?.set(identity, index, key).then(this.#draw);
        };
        const noticed = ({ event_id: eventId }: { event_id: string }) => {
            this.#noticeId = eventId;
        };
        session.on(MatrixRTCSessionEvent.EncryptionKeyChanged, keyed);
        session.on(MatrixRTCSessionEvent.MembershipsChanged, this.#draw);
        session.on(MatrixRTCSessionEvent.DidSendCallNotification, noticed);
        this.#scope.add(() => {
            session.off(MatrixRTCSessionEvent.EncryptionKeyChanged, keyed);
            session.off(MatrixRTCSessionEvent.MembershipsChanged, this.#draw);
            session.off(MatrixRTCSessionEvent.DidSendCallNotification, noticed);
        });
    }

    /** Somebody whom this call rang does not come. */
    #declined(event: MatrixEvent): void {
        const sender = event.getSender();
        if (this.#noticeId === null || !sender || declinedBy(event) !== this.#noticeId) return;
        const before = this.getSnapshot();
        const { name } = this.#describe(sender);
        if (!before.declined.includes(name)) this.publish({ ...before, declined: [...before.declined, name] });
    }

    #describe(userId: string): ReturnType<Beside["describe"]> {
        const { client, room } = this.#parts;
        const member = room.getMember(userId);
        const me = client.getSafeUserId();
        return { name: readableName(userId, member?.name, me), avatar: member?.getMxcAvatarUrl() ?? null, guest: isGuest(userId, me) };
    }

    /** Sound plays wherever in the page somebody is; pictures are drawn by who wants to see them. */
    #play(track: RemoteTrack): void {
        if (track.kind === Track.Kind.Audio) track.attach();
        this.#draw();
    }

    #stop(track: RemoteTrack): void {
        if (track.kind === Track.Kind.Audio) for (const element of track.detach()) element.remove();
        this.#draw();
    }

    async #use(device: DeviceProblem["device"], work: () => Promise<unknown>): Promise<void> {
        try {
            await work();
            if (this.getSnapshot().deviceProblem?.device === device) this.dismissDeviceProblem();
        } catch (error) {
            // Who closes the browser's question about the screen has changed his mind.
            const changedMind = device === "screen" && deviceProblem(device, error).why === "denied";
            if (!changedMind && !this.#ended) this.publish({ ...this.getSnapshot(), deviceProblem: deviceProblem(device, error) });
        }
        this.#draw();
    }

    #cameraTrack(): LocalVideoTrack | null {
        return this.#sfu.localParticipant.getTrackPublication(Track.Source.Camera)?.videoTrack ?? null;
    }

    /** Whoever wants to be blurred is told when he is not. */
    #lookBehind(): void {
        const camera = this.#cameraTrack();
        if (!this.#blur || !this.#sfu.localParticipant.isCameraEnabled || !camera || this.#ended) return;
        if (blurOf(camera.mediaStreamTrack) !== true) this.publish({ ...this.getSnapshot(), deviceProblem: { device: "camera", why: "unblurred" } });
    }

    #membershipId(): string | null {
        return this.#parts.session.memberships.find(({ rtcBackendIdentity }) => rtcBackendIdentity === this.#identity)?.eventId ?? null;
    }

    #beside(): Beside {
        return {
            describe: (userId) => this.#describe(userId),
            mayModerate: (userId) => mayModerate(this.#parts.room, this.#parts.client.getSafeUserId(), userId),
            keyMissing: (identity) => this.#keys !== null && !this.#keys.has(identity),
            handTs: (membershipId) => this.#hands.handTs(membershipId),
            reaction: (membershipId) => this.#hands.reaction(membershipId),
            serviceUrl: this.#ticket?.transport.livekit_service_url ?? "",
        };
    }

    #refresh(): void {
        if (this.#ended) return;
        const before = this.getSnapshot();
        const { localParticipant: me, state, canPlaybackAudio } = this.#sfu;
        const camera = me.isCameraEnabled ? this.#cameraTrack() : null;
        const participants = participantsOf(this.#sfu, this.#parts.session.memberships, this.#beside());
        const away = state === ConnectionState.Reconnecting || state === ConnectionState.SignalReconnecting;
        this.publish(
            keep(before, {
                ...before,
                phase: state === ConnectionState.Connected ? "connected" : away ? "reconnecting" : "connecting",
                participants: keepAll(before.participants, participants, ({ identity }) => identity),
                microphone: me.isMicrophoneEnabled,
                camera: me.isCameraEnabled,
                blur: camera && blurOf(camera.mediaStreamTrack),
                screen: me.isScreenShareEnabled,
                hand: this.#hands.handTs(this.#membershipId() ?? "") !== null,
                silenced: !canPlaybackAudio,
            }),
        );
    }

    async #end(problem: CallProblem | null): Promise<void> {
        if (this.#ended) return;
        this.#ended = true;
        this.#draw.cancel();
        this.#scope.close();
        this.publish({ ...this.getSnapshot(), phase: "ended", problem, participants: [], microphone: false, camera: false, blur: null, screen: false });
        const left = this.#parts.session.leaveRoomSession(LEAVE_MS_MAX).catch(() => false);
        await this.#sfu.disconnect().catch(() => undefined);
        for (const { trackPublications } of this.#sfu.remoteParticipants.values()) for (const { track } of trackPublications.values()) track?.detach();
        await left;
    }
}

