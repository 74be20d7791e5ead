//! What people without a name are called.

/** Whether this is somebody who came by a link: the server gives nobody else of its own such a name. */
export const isGuest = (id: string, me: string): boolean => id.startsWith("@guest-") && serverOf(id) === serverOf(me);

/** The server of a user id. */
const serverOf = (id: string): string => id.slice(id.indexOf(":") + 1);

/**
 * The name, or what stands in for one: of people of one's own server the part before the colon, which everybody here
 * knows; of others the whole id, so that nobody can pass for a colleague.
 */
export function readableName(id: string, name: string | null | undefined, me: string): string {
    if (name && name !== id) return name;
    return id.startsWith("@") && id.includes(":") && serverOf(id) === serverOf(me) ? id.slice(1, id.indexOf(":")) : id;
}
