// What a page receives in a call: looked at where the browser counts it.

import { until } from "./browser.js";

/** Keeps the connections that the page makes from now on, to ask them later; also when it is loaded anew. */
export async function watchConnections(who) {
    await who.page.addInitScript(watch);
    await watchHere(who);
}

/** The same until the page is loaded anew. */
export const watchHere = ({ page }) => page.evaluate(watch);

/** Runs in the page. */
function watch() {
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

/** The same by stream: of each participant one of sound and one of pictures. */
export function receivedFrom({ page }) {
    return page.evaluate(async () => {
        const streams = [];
        for (const connection of globalThis.vecheConnections) {
            for (const report of (await connection.getStats()).values()) {
                if (report.type === "inbound-rtp") streams.push({ frames: report.framesDecoded ?? 0, energy: report.totalAudioEnergy ?? 0 });
            }
        }
        return streams;
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

/**
 * A voice that speaks unless `speak` says otherwise. That of the browser's own microphone beeps for 20 ms twice a second, which the
 * server rightly takes for no speech.
 */
export async function holdVoice({ page }) {
    await page.evaluate(() => {
        const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = (wanted) => {
            if (!wanted.audio) return real(wanted);
            const context = new AudioContext();
            const [tone, loudness, sound] = [context.createOscillator(), context.createGain(), context.createMediaStreamDestination()];
            loudness.gain.value = 0.3;
            tone.connect(loudness).connect(sound);
            tone.start();
            globalThis.vecheVoice = loudness.gain;
            return Promise.resolve(sound.stream);
        };
    });
}

/** Lets the held voice speak, or be silent. */
export const speak = ({ page }, on) => page.evaluate((gain) => void (globalThis.vecheVoice.value = gain), on ? 0.3 : 0);

/** A second camera, before which there is nothing but a bright red wall. */
export async function plugCamera({ page }) {
    await page.evaluate(() => {
        const media = navigator.mediaDevices;
        const [list, open] = [media.enumerateDevices.bind(media), media.getUserMedia.bind(media)];
        const camera = { deviceId: "red", groupId: "red", kind: "videoinput", label: "Red wall" };
        media.enumerateDevices = async () => [...(await list()), camera];
        media.getUserMedia = (wanted) => {
            if (!JSON.stringify(wanted.video?.deviceId ?? null).includes("red")) return open(wanted);
            const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
            const brush = canvas.getContext("2d");
            const draw = () => {
                brush.fillStyle = "#f00";
                brush.fillRect(0, 0, canvas.width, canvas.height);
                requestAnimationFrame(draw);
            };
            draw();
            return Promise.resolve(canvas.captureStream(10));
        };
        media.dispatchEvent(new Event("devicechange"));
    });
}

/** A camera that can blur: what stands before it is red, and blue as long as it blurs. */
export async function plugBlurringCamera({ page }) {
    await page.evaluate(() => {
        const media = navigator.mediaDevices;
        const open = media.getUserMedia.bind(media);
        media.getUserMedia = (wanted) => {
            if (!wanted.video) return open(wanted);
            const blur = wanted.video.backgroundBlur === true;
            const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
            const brush = canvas.getContext("2d");
            const draw = () => {
                brush.fillStyle = blur ? "#00f" : "#f00";
                brush.fillRect(0, 0, canvas.width, canvas.height);
                requestAnimationFrame(draw);
            };
            draw();
            const stream = canvas.captureStream(10);
            const [track] = stream.getVideoTracks();
            const settings = track.getSettings.bind(track);
            track.getCapabilities = () => ({ backgroundBlur: [false, true] });
            track.getSettings = () => ({ ...settings(), backgroundBlur: blur });
            return Promise.resolve(stream);
        };
    });
}

/** Whether what a video shows is red on the whole. */
export const isRed = (video) => isColor(video, 0);

/** The same of blue. */
export const isBlue = (video) => isColor(video, 2);

function isColor(video, part) {
    return video.evaluate((element, wanted) => {
        const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
        brush.drawImage(element, 0, 0, 1, 1);
        const colors = [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
        return colors.every((light, at) => (at === wanted ? light > 128 : light < 100));
    }, part);
}

/** The names of the devices whose sound and pictures go out. */
export const sources = ({ page }) =>
    page.evaluate(() => globalThis.vecheConnections.flatMap((connection) => connection.getSenders().map(({ track }) => track?.label ?? "")));

/** As if somebody had pressed "Block". */
export async function forbidDevices({ page }) {
    await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
    });
}
