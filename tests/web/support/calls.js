// What a page receives in a call: looked at where the browser counts it.

import { until } from "./browser.js";

/** Keeps the connections that the page makes from now on, to ask them later. */
export async function watchConnections({ page }) {
    await page.evaluate(() => {
        const Real = globalThis.RTCPeerConnection;
        globalThis.vecheConnections = [];
        globalThis.RTCPeerConnection = class extends Real {
            constructor(...parts) {
                super(...parts);
                globalThis.vecheConnections.push(this);
            }
        };
    });
}

/** What has come in so far: frames that could be decoded, and sound with energy in it. */
export function received({ page }) {
    return page.evaluate(async () => {
        const sum = { frames: 0, energy: 0, packets: 0 };
        for (const connection of globalThis.vecheConnections) {
            for (const report of (await connection.getStats()).values()) {
                if (report.type !== "inbound-rtp") continue;
                sum.frames += report.framesDecoded ?? 0;
                sum.energy += report.totalAudioEnergy ?? 0;
                sum.packets += report.packetsReceived ?? 0;
            }
        }
        return sum;
    });
}

/** Waits until pictures and sound have come in, from now on. */
export async function receives(who, { sound = true, picture = true } = {}) {
    const first = await received(who);
    await until("sound and pictures come in", async () => {
        const now = await received(who);
        return (!picture || now.frames >= first.frames + 5) && (!sound || now.energy > first.energy);
    });
}
