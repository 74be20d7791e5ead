//! What people without a name are called.

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
