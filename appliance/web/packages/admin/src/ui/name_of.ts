/** What somebody is called: the display name, otherwise the part before the colon. */
export function nameOf(userId: string, displayName: string | null): string {
    const name = displayName?.trim() ?? "";
    return name === "" ? (userId.slice(1).split(":")[0] ?? userId) : name;
}
