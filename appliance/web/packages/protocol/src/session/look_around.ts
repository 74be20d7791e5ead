//! What waits in the accounts of this device that are not open: asked for rarely, and only while somebody looks at the page.

/** Time between two looks. */
const LOOK_MS = 3 * 60 * 1000;

/** While looking fails, each time is twice as long as the one before, up to this. */
const LOOK_MS_MAX = 30 * 60 * 1000;

/** What is asked of the browser's document. */
type Page = Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">;

/** Calls `look` now and again while the page is visible; it says whether that went well. Returns what ends it. */
export function lookNowAndAgain(look: () => Promise<boolean>, page: Page = document): () => void {
    let delayMs = LOOK_MS;
    let dueMs = 0;
    let looking = false;
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const plan = () => {
        clearTimeout(timer);
        if (ended || looking || page.visibilityState === "hidden") return;
        timer = setTimeout(() => void go(), Math.max(0, dueMs - Date.now()));
    };
    const go = async () => {
        looking = true;
        const well = await look().catch(() => false);
        looking = false;
        delayMs = well ? LOOK_MS : Math.min(2 * delayMs, LOOK_MS_MAX);
        dueMs = Date.now() + delayMs;
        plan();
    };
    page.addEventListener("visibilitychange", plan);
    plan();
    return () => {
        ended = true;
        clearTimeout(timer);
        page.removeEventListener("visibilitychange", plan);
    };
}
