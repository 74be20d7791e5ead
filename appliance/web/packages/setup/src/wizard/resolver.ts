/** What the machine's resolver says of a name that leads nowhere: its words are English, whatever language people read. */

/** `unknown`: there is no such name, or nothing stands behind it. `silent`: nobody could be asked. `other`: its words have to do. */
export type Unresolved = "unknown" | "silent" | "other";

/** As the C libraries of Linux and of a Mac put it. */
const UNKNOWN = /not known|no address associated|not exist|no such host/i;
const SILENT = /temporary failure|no answer within|timed out|try again|unreachable/i;

/** Pure. */
export function unresolved(words: string | null): Unresolved {
    if (words === null || UNKNOWN.test(words)) return "unknown";
    return SILENT.test(words) ? "silent" : "other";
}
