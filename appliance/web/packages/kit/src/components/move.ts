/** How keys move through a list. Pure, but for what was typed last. */

/** Where an arrow, Home or End leads in a list of so many, which begins again at its end. */
export function nextIndex(
    key: string,
    current: number,
    count: number,
    axis: "vertical" | "horizontal" = "vertical",
): number | undefined {
    if (count === 0) {
        return undefined;
    }
    const [back, forth] = axis === "vertical" ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
    switch (key) {
        case forth:
            return (current + 1) % count;
        case back:
            return current <= 0 ? count - 1 : current - 1;
        case "Home":
            return 0;
        case "End":
            return count - 1;
        default:
            return undefined;
    }
}

/** Letters that belong together because they came quickly. */
export interface Typed {
    text: string;
    at: number;
}

/** A longer pause begins a new word. */
const PAUSE_MS = 700;

/** Which of the texts the typed letters lead to, after the current one; typing the same letter again goes on. */
export function search(typed: string, texts: readonly string[], current: number): number | undefined {
    const same = new Set(typed).size === 1;
    const wanted = (same ? typed.slice(0, 1) : typed).toLocaleLowerCase();
    // One letter looks behind the current item; a longer word may be the current one's.
    const first = wanted.length === 1 ? current + 1 : Math.max(current, 0);
    for (let step = 0; step < texts.length; step += 1) {
        const at = (first + step) % texts.length;
        if (texts[at]?.trim().toLocaleLowerCase().startsWith(wanted)) {
            return at;
        }
    }
    return undefined;
}

/** Typed letters in a list of elements. */
export function byText(
    event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "timeStamp">,
    typed: Typed,
    elements: readonly { readonly textContent: string | null }[],
    current: number,
): number | undefined {
    const isLetter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isLetter) {
        return undefined;
    }
    typed.text = event.timeStamp - typed.at > PAUSE_MS ? event.key : typed.text + event.key;
    typed.at = event.timeStamp;
    return search(
        typed.text,
        elements.map(({ textContent }) => textContent ?? ""),
        current,
    );
}
