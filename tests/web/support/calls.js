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
        const RealSocket = globalThis.WebSocket;
        globalThis.vecheSockets = [];
        globalThis.WebSocket = class extends RealSocket {
            constructor(...parts) {
                super(...parts);
                globalThis.vecheSockets.push(this);
            }
        };
    });
}

/** How many connections of signaling are open. */
export const openSockets = ({ page }) => page.evaluate(() => globalThis.vecheSockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length);

/** Ends them as a proxy does that is started again; how many there were. */
export function cutSignaling({ page }) {
    return page.evaluate(() => {
        const open = globalThis.vecheSockets.filter(({ readyState }) => readyState === WebSocket.OPEN);
        for (const socket of open) socket.close(3000);
        return open.length;
    });
}

/** What has come in so far: frames that could be decoded, and sound with energy in it. */
export function received({ page }) {
    return page.evaluate(async () => {
        const sum = { frames: 0, energy: 0, packets: 0, tracks: 0 };
        for (const connection of globalThis.vecheConnections) {
            for (const report of (await connection.getStats()).values()) {
                if (report.type !== "inbound-rtp") continue;
                sum.tracks += 1;
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

/** Nobody chooses a window here: what is shared is a picture that moves, and a tone. */
export async function drawScreen({ page }) {
    await page.evaluate(() => {
        navigator.mediaDevices.getDisplayMedia = async () => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
            const brush = canvas.getContext("2d");
            const draw = (ms) => {
                brush.fillStyle = "#245";
                brush.fillRect(0, 0, canvas.width, canvas.height);
                brush.fillStyle = "#fff";
                brush.font = "120px sans-serif";
                brush.fillText(String(Math.round(ms)), 80, 400);
                requestAnimationFrame(draw);
            };
            draw(0);
            const context = new AudioContext();
            const tone = context.createOscillator();
            const sound = context.createMediaStreamDestination();
            tone.connect(sound);
            tone.start();
            return new MediaStream([...canvas.captureStream(15).getVideoTracks(), ...sound.stream.getAudioTracks()]);
        };
    });
}

/** As if somebody had pressed "Block". */
export async function forbidDevices({ page }) {
    await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
    });
}
