//! The events by which a room and its call speak of each other, as other clients write them too.

import type { MatrixEvent } from "matrix-js-sdk/lib/matrix.js";

/** Who is in the call: one state event for each device (MSC3401, as MatrixRTC uses it). */
export const MEMBER = "org.matrix.msc3401.call.member";
/** Somebody has begun a call and wants to be heard of (MSC4075). */
const NOTIFICATION = "org.matrix.msc4075.rtc.notification";
/** Somebody does not come (MSC4310). */
const DECLINE = "org.matrix.msc4310.rtc.decline";
/** A raised hand is a reaction to one's own membership of the call, and it is lowered by a redaction: so does Element Call. */
export const REACTION = "m.reaction";
/** A passing reaction to what is said. */
export const PASSING = "io.element.call.reaction";

const HAND = "🖐️";

/** What may be picked, with the names by which Element Call knows them. */
export const REACTIONS = [
    { emoji: "👍", name: "thumbsup" },
    { emoji: "👎", name: "thumbsdown" },
    { emoji: "👏", name: "clapping" },
    { emoji: "🎉", name: "party" },
    { emoji: "❤️", name: "heart" },
    { emoji: "😂", name: "laugh" },
    { emoji: "😮", name: "wow" },
    { emoji: "🤔", name: "thinking" },
] as const;

export type PassingReaction = (typeof REACTIONS)[number];

type Content = Record<string, unknown>;

/** Nobody sends more than one pictogram; what is longer is not drawn over people's faces. */
const EMOJI_LENGTH_MAX = 16;

const record = (value: unknown): Content => (typeof value === "object" && value !== null ? (value as Content) : {});

export const handContent = (membershipId: string): Content => ({ "m.relates_to": { rel_type: "m.annotation", event_id: membershipId, key: HAND } });

export const passingContent = (membershipId: string, { emoji, name }: PassingReaction): Content => ({
    "m.relates_to": { rel_type: "m.reference", event_id: membershipId },
    emoji,
    name,
});

/** The membership whose owner raises his hand by this event; null: it is something else. */
export function raisedBy(event: Pick<MatrixEvent, "getType" | "getContent" | "isRedacted">): string | null {
    if (event.getType() !== REACTION || event.isRedacted()) return null;
    const relation = record(event.getContent()["m.relates_to"]);
    // With or without the sign that asks for a colored picture.
    const key = typeof relation.key === "string" ? relation.key.replace("\uFE0F", "") : null;
    const isHand = relation.rel_type === "m.annotation" && (key === "🖐" || key === "✋");
    return isHand && typeof relation.event_id === "string" ? relation.event_id : null;
}

/** A passing reaction, and the membership of who shows it. */
export function passingOf(event: Pick<MatrixEvent, "getType" | "getContent" | "isRedacted">): { membershipId: string; emoji: string } | null {
    if (event.getType() !== PASSING || event.isRedacted()) return null;
    const { emoji, "m.relates_to": relates } = event.getContent();
    const { event_id: membershipId } = record(relates);
    if (typeof emoji !== "string" || typeof membershipId !== "string" || emoji === "" || emoji.length > EMOJI_LENGTH_MAX) return null;
    return { membershipId, emoji };
}

/** What an event says that calls people to a call. */
export interface Notice {
    readonly membershipId: string;
    readonly ring: boolean;
    readonly intent: CallIntent;
    readonly sentTs: number;
    readonly lifetimeMs: number;
    readonly everybody: boolean;
    readonly userIds: readonly string[];
}

export type CallIntent = "audio" | "video";

/** Longer than this nobody lets it ring (MSC4075). */
const LIFETIME_MS_MAX = 120_000;
/** A sender's clock that is further ahead than this is not believed (MSC4075). */
const CLOCK_AHEAD_MS_MAX = 20_000;

export function noticeOf(event: Pick<MatrixEvent, "getType" | "getContent" | "isRedacted" | "getTs">): Notice | null {
    if (event.getType() !== NOTIFICATION || event.isRedacted()) return null;
    const content: Content = event.getContent();
    const { event_id: membershipId } = record(content["m.relates_to"]);
    const { sender_ts: senderTs, lifetime } = content;
    if (typeof membershipId !== "string" || typeof senderTs !== "number" || typeof lifetime !== "number") return null;
    const mentions = record(content["m.mentions"]);
    const userIds = Array.isArray(mentions["user_ids"]) ? mentions["user_ids"].filter((id) => typeof id === "string") : [];
    return {
        membershipId,
        // Who does not say rings.
        ring: content["notification_type"] !== "notification",
        intent: content["m.call.intent"] === "audio" ? "audio" : "video",
        sentTs: senderTs - event.getTs() > CLOCK_AHEAD_MS_MAX ? event.getTs() : senderTs,
        lifetimeMs: Math.min(Math.max(lifetime, 0), LIFETIME_MS_MAX),
        everybody: mentions["room"] === true,
        userIds,
    };
}

/** The notification that this event declines; null: it is something else. */
export function declinedBy(event: Pick<MatrixEvent, "getType" | "getContent">): string | null {
    if (event.getType() !== DECLINE) return null;
    const { event_id: eventId } = record(event.getContent()["m.relates_to"]);
    return typeof eventId === "string" ? eventId : null;
}
