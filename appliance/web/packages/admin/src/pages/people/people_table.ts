/** People as a table to be saved. */
import type { User } from "../../api/api";

const HEAD = ["username", "display_name", "user_id", "role", "status", "devices", "last_seen", "created"] as const;

/** How an account is, in a word. The gravest counts. */
export function statusOf(user: User): "active" | "locked" | "suspended" | "deactivated" {
    if (user.deactivated_ms !== null) return "deactivated";
    if (user.locked) return "locked";
    return user.suspended ? "suspended" : "active";
}

/** Head and rows, with the columns that an import reads. Pure. */
export function peopleTable(users: readonly User[]): readonly (readonly string[])[] {
    const time = (ms: number | null): string => (ms === null ? "" : new Date(ms).toISOString());
    return [
        HEAD,
        ...users.map((user) => [
            user.user_id.slice(1).split(":")[0] ?? "",
            user.display_name ?? "",
            user.user_id,
            user.role,
            statusOf(user),
            String(user.devices),
            time(user.last_seen_ms),
            time(user.created_ms),
        ]),
    ];
}
