/** Keys that format what is selected, in Markdown. */

const MARKS: Readonly<Record<string, string>> = { KeyB: "**", KeyI: "*", KeyE: "`", KeyX: "~~" };

interface Press {
    readonly code: string;
    readonly ctrlKey: boolean;
    readonly metaKey: boolean;
    readonly shiftKey: boolean;
    readonly altKey: boolean;
}

/** The mark for a key press; null for every other one. Crossing out takes Shift, because Ctrl+X cuts. */
export function wrapKey({ code, ctrlKey, metaKey, shiftKey, altKey }: Press): string | null {
    if (!(ctrlKey || metaKey) || altKey || shiftKey !== (code === "KeyX")) return null;
    return MARKS[code] ?? null;
}

/** The text with the mark around what is selected, or without it if it is there already, and the new selection. */
export function wrapped(text: string, start: number, end: number, mark: string): { text: string; start: number; end: number } {
    const inner = text.slice(start, end);
    const before = text.slice(0, start);
    const after = text.slice(end);
    if (before.endsWith(mark) && after.startsWith(mark)) {
        const head = before.slice(0, -mark.length);
        return { text: head + inner + after.slice(mark.length), start: head.length, end: head.length + inner.length };
    }
    return { text: before + mark + inner + mark + after, start: start + mark.length, end: end + mark.length };
}

/** Does it to a field; the change is an input like any other. */
export function surround(field: HTMLTextAreaElement, mark: string): void {
    const next = wrapped(field.value, field.selectionStart, field.selectionEnd, mark);
    field.setRangeText(next.text, 0, field.value.length, "preserve");
    field.setSelectionRange(next.start, next.end);
    field.dispatchEvent(new Event("input", { bubbles: true }));
}
