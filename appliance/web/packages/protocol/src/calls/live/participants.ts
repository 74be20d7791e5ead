//! Who is in a call, put together from what the room says (memberships) and from what the SFU says (sound and pictures).

import { type Participant as Connected, ConnectionQuality, type Room as SfuRoom, Track, type TrackPublication } from "livekit-client";
import type { CallMembership } from "matrix-js-sdk/lib/matrixrtc/CallMembership.js";

/** A picture that is coming in, or one's own. */
export interface Picture {
    readonly id: string;
    /** Draws it into an element until the returned function is called. */
    readonly attach: (element: HTMLVideoElement) => () => void;
}

export interface Participant {
    /** By user and device. */
    readonly identity: string;
    readonly userId: string;
    readonly name: string;
    readonly avatar: string | null;
    readonly local: boolean;
    /** Came by a link. */
    readonly guest: boolean;
    /** Here, on the way here, or in the call by another server's SFU, which this page cannot reach. */
    readonly presence: "here" | "coming" | "elsewhere";
    readonly muted: boolean;
    readonly speaking: boolean;
    /** I may mute him, and take him out of the call. */
    readonly moderable: boolean;
    readonly camera: Picture | null;
    readonly screen: Picture | null;
    /** His picture is held back by the server, because my connection is too slow for it. */
    readonly held: boolean;
    /** How his connection fares. */
    readonly connection: "good" | "poor" | "lost";
    /** In an encrypted call: his key has not come yet. */
    readonly keyMissing: boolean;
    readonly handTs: number | null;
    readonly reaction: string | null;
    readonly sinceTs: number;
}

/** What is known of a participant beside the two sources. */
export interface Beside {
    readonly describe: (userId: string) => { readonly name: string; readonly avatar: string | null; readonly guest: boolean };
    readonly mayModerate: (userId: string) => boolean;
    readonly keyMissing: (identity: string) => boolean;
    readonly handTs: (membershipId: string) => number | null;
    readonly reaction: (membershipId: string) => string | null;
    readonly serviceUrl: string;
}

/** The same object for the same track, so that what draws it need not begin anew. */
const pictures = new WeakMap<Track, Picture>();

function pictureOf(publication: TrackPublication | undefined): Picture | null {
    const track = publication?.track;
    if (!track || publication.isMuted) return null;
    const known = pictures.get(track);
    if (known) return known;
    const made: Picture = {
        id: publication.trackSid,
        attach: (element) => {
            track.attach(element);
            return () => void track.detach(element);
        },
    };
    pictures.set(track, made);
    return made;
}

const isHeld = (publication: TrackPublication | undefined): boolean =>
    publication?.isMuted === false && publication.track?.streamState === Track.StreamState.Paused;

function connectionOf(connected: Connected | null): Participant["connection"] {
    const quality = connected?.connectionQuality;
    if (quality === ConnectionQuality.Lost) return "lost";
    return quality === ConnectionQuality.Poor ? "poor" : "good";
}

/** The user of an identity: what stands before the last colon is his id, behind it his device. */
export const userOf = (identity: string): string => identity.slice(0, Math.max(0, identity.lastIndexOf(":")));

function participantOf(identity: string, membership: CallMembership | null, connected: Connected | null, beside: Beside): Participant {
    const userId = membership?.userId ?? userOf(identity);
    const local = connected?.isLocal ?? false;
    const theirs = membership?.getTransport(membership)?.["livekit_service_url"];
    const elsewhere = !connected && typeof theirs === "string" && theirs !== beside.serviceUrl;
    const source = (wanted: Track.Source) => connected?.getTrackPublication(wanted);
    const microphone = source(Track.Source.Microphone);
    const camera = source(Track.Source.Camera);
    const held = isHeld(camera);
    const membershipId = membership?.eventId ?? "";
    return {
        identity,
        userId,
        ...beside.describe(userId),
        local,
        presence: connected ? "here" : elsewhere ? "elsewhere" : "coming",
        muted: !microphone || microphone.isMuted,
        speaking: connected?.isSpeaking ?? false,
        moderable: connected !== null && !local && beside.mayModerate(userId),
        camera: held ? null : pictureOf(camera),
        screen: pictureOf(source(Track.Source.ScreenShare)),
        held,
        connection: connectionOf(connected),
        keyMissing: connected !== null && !local && beside.keyMissing(identity),
        handTs: beside.handTs(membershipId),
        reaction: beside.reaction(membershipId),
        sinceTs: membership?.createdTs() ?? connected?.joinedAt?.getTime() ?? 0,
    };
}

/** All of them, those first who came first. */
export function participantsOf(room: SfuRoom, memberships: readonly CallMembership[], beside: Beside): Participant[] {
    const connected = new Map<string, Connected>(room.remoteParticipants);
    if (room.localParticipant.identity !== "") connected.set(room.localParticipant.identity, room.localParticipant);
    const members = new Map(memberships.map((membership) => [membership.rtcBackendIdentity, membership]));
    const all = [...new Set([...members.keys(), ...connected.keys()])].map((identity) =>
        participantOf(identity, members.get(identity) ?? null, connected.get(identity) ?? null, beside),
    );
    return all.sort((a, b) => a.sinceTs - b.sinceTs || (a.identity < b.identity ? -1 : 1));
}
