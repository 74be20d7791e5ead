/** The browser's notifications: through the service worker where there is one (telephones know no other way). */

export interface Shown {
    readonly title: string;
    readonly text: string;
    /** A newer one of the same room takes its place. */
    readonly roomId: string;
    /** Where pressing it leads. */
    readonly hash: string;
}

const ICON = "/icons/icon-192.png";
const plain = new Map<string, Notification>();

async function registration(): Promise<ServiceWorkerRegistration | undefined> {
    return "serviceWorker" in navigator ? navigator.serviceWorker.getRegistration() : undefined;
}

export async function showNotification({ title, text, roomId, hash }: Shown, onPress: () => void): Promise<void> {
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const options = { body: text, tag: roomId, icon: ICON, silent: true, data: { hash } };
    const worker = await registration();
    if (worker?.active) {
        await worker.showNotification(title, options);
        return;
    }
    const notification = new Notification(title, options);
    plain.set(roomId, notification);
    notification.onclick = () => {
        window.focus();
        notification.close();
        onPress();
    };
}

/** Takes a room's notifications away. */
export async function clearNotifications(roomId: string): Promise<void> {
    plain.get(roomId)?.close();
    plain.delete(roomId);
    const worker = await registration();
    for (const notification of (await worker?.getNotifications({ tag: roomId })) ?? []) notification.close();
}
