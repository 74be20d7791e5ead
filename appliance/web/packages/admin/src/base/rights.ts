//! What the server will let an administrator do to whom, so that the page offers nothing that would be refused. The server
//! decides; this only knows its rules.

import type { Grant, Role, User } from "../api/api";
import type { Me } from "../session/session_store";

/** All grants, in the order in which they are shown. */
export const GRANTS: readonly Grant[] = ["users", "rooms", "system", "backups", "bots"];

type Target = Pick<User, "user_id" | "role" | "deactivated_ms">;

/** Why nothing can be done to an account; null: it can. */
export type Hindrance = "self" | "administrator" | "deactivated";

/** Locking, renaming, new passwords: not to administrators, but by owners, and not to owners. */
export function hindrance(me: Me, target: Target): Hindrance | null {
    if (target.user_id === me.user_id) return "self";
    if (target.deactivated_ms !== null) return "deactivated";
    return target.role === "user" || (me.role === "owner" && target.role === "administrator") ? null : "administrator";
}

/** Roles: owners change everybody's but their own, others make administrators of users. */
export function roleHindrance(me: Me, target: Target): Hindrance | null {
    if (target.user_id === me.user_id) return "self";
    if (target.deactivated_ms !== null) return "deactivated";
    return target.role === "user" || me.role === "owner" ? null : "administrator";
}

/** Roles that somebody can give. */
export const rolesToGive = (me: Me): readonly Role[] => (me.role === "owner" ? ["user", "administrator", "owner"] : ["user", "administrator"]);

/** Whether somebody can give a grant: nobody gives more than he has. */
export const mayGive = (me: Me, grant: Grant): boolean => me.role === "owner" || me.grants.includes(grant);
