//! Who is there, as the server tells it.

import type { User } from "matrix-js-sdk/lib/matrix.js";

export type Presence = "online" | "away" | "offline";

export function presenceOf(user: User | null): Presence | null {
    // No presence was ever told of them: no dot rather than a wrong one.
    if (!user?.events.presence) return null;
    if (user.presence === "online" || user.currentlyActive) return "online";
    return user.presence === "unavailable" ? "away" : "offline";
}
