//! The other tabs of the console. What they tell one another does not leave the browser, nor this origin.

import type { Message, Tabs } from "./session_store";

const CHANNEL = "veche.console";

export function browserTabs(): Tabs {
    const channel = new BroadcastChannel(CHANNEL);
    return {
        send: (message) => {
            channel.postMessage(message);
        },
        listen: (listener) => {
            channel.addEventListener("message", (event: MessageEvent<Message>) => {
                listener(event.data);
            });
        },
    };
}
